package export

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// systemd makes a unit for the system's systemd.
// https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html
func systemd(p Project) ([]File, error) {
	if strings.ContainsAny(p.Place.AbsFile()+p.Program, "\n\r") {
		return nil, problem.New("rename the folder", "a folder with a line break in its name cannot stand in a unit")
	}
	if strings.ContainsAny(p.Program, `"'\`) { // which no quoting gets past systemd
		return nil, problem.New("install scheduled in another folder", "systemd cannot start a program whose path has quotes or backslashes: %s", p.Program)
	}
	exec := []string{unitWord(cmp.Or(p.Program, "scheduled"))}
	for _, word := range append([]string{"--project", p.Place.AbsFile()}, p.serve()...) {
		exec = append(exec, unitWord(strings.ReplaceAll(word, "$", "$$")))
	}
	variables := ""
	if wanted := p.wanted(); wanted != "" {
		variables = "# It needs " + wanted + ". Only root should be able to read it.\n"
	}
	unit := strings.NewReplacer(
		"{heading}", heading("systemd", "#"),
		"{description}", percent(cmp.Or(p.Name, filepath.Base(p.Place.Dir))),
		"{exec}", strings.Join(exec, " "),
		"{folder}", percent(p.Place.Dir),
		"{writable}", unitWord(p.Place.Dir),
		"{user}", cmp.Or(p.user(), "scheduled"),
		"{path}", unitWord("PATH="+p.searchPath()),
		"{name}", p.name(),
		"{variables}", variables,
		"{grace}", fmt.Sprint(grace),
	).Replace(systemdUnit)
	return []File{{p.name() + ".service", unit}}, nil
}

// percent writes a text in which systemd looks for specifiers, or supervisord and
// configparser for names of values.
func percent(text string) string { return strings.ReplaceAll(text, "%", "%%") }

// unitWord writes one word of a list.
// https://www.freedesktop.org/software/systemd/man/latest/systemd.syntax.html#Quoting
func unitWord(word string) string {
	word = percent(word)
	if strings.ContainsAny(word, " \t\"'\\;") {
		word = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word) + `"`
	}
	return word
}

// systemdUnit lets the jobs write to the project's folder, to a cache and to a /tmp of
// their own, and read the rest of the system.
//
// What breaks Python programs is left out: MemoryDenyWriteExecute (compilers at run time, cffi),
// ProcSubset (/proc/meminfo, /proc/stat), PrivateNetwork, RemoveIPC, which takes from what
// else the user runs, and DynamicUser, whose folder the project would have to be in. KillMode=mixed leaves it to serve to stop the
// entrypoints; OOMPolicy=continue keeps serve when one of them takes too much memory.
const systemdUnit = `{heading}#
#   sudo install -m 644 {name}.service /etc/systemd/system/
#   sudo systemctl daemon-reload
#   sudo systemctl enable --now {name}

[Unit]
Description=Scheduled jobs of {description}
Wants=network-online.target
After=network-online.target time-sync.target
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
ExecStart={exec}
ExecReload=/bin/kill -HUP $MAINPID
WorkingDirectory={folder}
User={user}
# Secrets and variables of the jobs, as NAME=VALUE. The file may be missing.
{variables}EnvironmentFile=-/etc/{name}.env
CacheDirectory={name}
Environment=UV_CACHE_DIR=%C/{name}/uv XDG_CACHE_HOME=%C/{name} PYTHONUNBUFFERED=1
Environment={path}

Restart=always
RestartSec=10
WatchdogSec=60
TimeoutStopSec={grace}
KillMode=mixed
OOMPolicy=continue

UMask=0027
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ReadWritePaths={writable}
# Tools and Pythons in a home folder can be read, not changed.
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
# The sandbox of a browser needs RestrictNamespaces=no and SystemCallFilter=@mount.
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`
