package cli

import (
	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/serve"
)

// web returns where serve answers requests; nil for nowhere.
func (f serveFlags) web(warn func(string)) (*serve.Web, error) {
	if f.listen == "" {
		return nil, nil
	}
	web := &serve.Web{Address: f.listen}
	here, err := serve.Loopback(f.listen)
	if err != nil {
		return nil, problem.New("give a host and a port, as in 127.0.0.1:8484", "--listen %q is not an address: %w", f.listen, err)
	}
	if f.tokenFile == "" && !here {
		return nil, problem.New("write a token into a file (openssl rand -hex 32 >FILE) and add --token-file FILE, or listen on 127.0.0.1", "--listen %s can be reached from other machines, so it needs a token", f.listen)
	}
	if f.tokenFile != "" {
		token, err := serve.NewToken(f.tokenFile, warn)
		if err != nil {
			return nil, err
		}
		web.Token = &token
	}
	return web, nil
}

// notify tells the service manager how serve is, if one is listening.
// https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
func notify(state string) error {
	_, err := daemon.SdNotify(false, state)
	return err
}
