package migrate

import "testing"

func TestIsSecret(t *testing.T) {
	for _, test := range []struct {
		name, value string
		want        bool
	}{
		{"DB_PASSWORD", "hunter2", true},
		{"PGPASSWORD", "x y", true},
		{"apiKey", "abc", true},
		{"MYPASS", "hunter2", true},
		{"dbpwd", "hunter2", true},
		{"ACCESSKEY", "abc", true},
		{"STRIPE_KEY", "abc123def456", true},
		{"STRIPE_KEY", "weekly", false},
		{"CACHE_KEY", "linux2024", false},
		{"BYPASS", "all", false},
		{"AWS_SECRET_ACCESS_KEY", "abc", true},
		{"DATABASE_URL", "postgres://app:hunter2@db/app", true},
		{"DATABASE_URL", "postgres://app@db/app", false},
		{"DATABASE_URL", "postgres://app:$PASSWORD@db/app", false},
		{"ANY", "ghp_abcdefghijklmnop0123456789", true},
		{"ANY", "AKIAIOSFODNN7EXAMPLE", true},
		{"ANY", "0123456789abcdef0123456789abcdef", true},
		{"HOOK", "https://hooks.slack.com/services/T0/B0/xyz", true},
		{"MAX_TOKENS", "4096", false},
		{"TOKEN_FILE", "/run/secrets/token", false},
		{"TOKENIZERS_PARALLELISM", "false", false},
		{"PASSWORD", "", false},
		{"PASSWORD", "$DB_PASSWORD", false},
		{"PATH", "/usr/local/sbin:/usr/local/bin:/sbin:/bin", false},
		{"DJANGO_SETTINGS_MODULE", "app.settings.production", false},
		{"KEYBOARD", "de", false},
		{"COMPASS", "north", false},
		{"AUTHOR", "Jane", false},
	} {
		if got := isSecret(test.name, test.value); got != test.want {
			t.Errorf("%s=%s: %v, want %v", test.name, test.value, got, test.want)
		}
	}
}

func TestWithoutSecrets(t *testing.T) {
	for text, want := range map[string]string{
		"clean the files":                            "clean the files",
		"the password is hunter2":                    "the password is …",
		"curl -H 'Authorization: Bearer abcdefgh12'": "curl -H 'Authorization: Bearer …'",
		"DBPASS=hunter2, compass: north":             "DBPASS=…, compass: north",
		"call https://u:pw@host/x?token=abc&a=1":     "call https://u:…@host/x?token=…&a=1",
	} {
		if got := withoutSecrets(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
