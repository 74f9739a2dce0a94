package schedule

import (
	"testing"
	"time"
)

func TestMeant(t *testing.T) {
	for _, row := range []struct{ text, key, want string }{
		{"daily", "every", "day"},
		{"Day", "every", "day"},
		{"hourly", "every", "hour"},
		{"@weekly", "every", "week"},
		{"1h", "every", "hour"},
		{"30m", "every", "30 minutes"},
		{"2h", "every", "2 hours"},
		{"@every 2h", "every", "2 hours"},
		{"2 hours", "every", "2 hours"},
		{"every 2 hours", "every", "2 hours"},
		{"every other day", "every", "2 days"},
		{"60 min", "every", "hour"},
		{"60s", "every", "minute"},
		{"24h", "every", "day"},
		{"15 minutes", "every", "15 minutes"},
		{"Mon", "every", "monday"},
		{"Monday", "every", "monday"},
		{"on Tuesdays", "every", "tuesday"},
		{"yearly", "every", "12 months"},
		{"fortnight", "every", "2 weeks"},
		{"twice a day", "every", "12 hours"},
		{"weekdays", "cron", "H H * * 1-5"},
		{"every weekday", "cron", "H H * * 1-5"},
		{"0 9 * * *", "cron", "0 9 * * *"},
		{"*/5 * * * *", "cron", "*/5 * * * *"},
		{"0 0 30 2 *", "", ""},
		{"0 0 * *", "", ""},
		{"90s", "", ""},
		{"13 months", "", ""},
		{"0 days", "", ""},
		{"9:30", "", ""},
		{"x", "", ""},
		{"", "", ""},
	} {
		if key, value := Meant(row.text); key != row.key || value != row.want {
			t.Errorf("%q: meant %s = %q, want %s = %q", row.text, key, value, row.key, row.want)
		}
	}
}

// What it offers is valid.
func FuzzMeant(f *testing.F) {
	for word := range synonyms {
		f.Add(word)
	}
	f.Add("0 9 * * 1-5")
	f.Add("every 366 days")
	f.Fuzz(func(t *testing.T, s string) {
		switch key, value := Meant(s); key {
		case "every":
			if _, flaws := Parse(Spec{Every: value}); flaws != nil {
				t.Errorf("%q: meant %q: %v", s, value, flaws)
			}
		case "cron":
			if _, flaws := Parse(Spec{Cron: []string{value}}); flaws != nil {
				t.Errorf("%q: meant %q: %v", s, value, flaws)
			}
		}
	})
}

func TestZoneHint(t *testing.T) {
	for name, want := range map[string]string{
		"europe/berlin":    "Europe/Berlin",
		"Berlin":           "Europe/Berlin",
		"new york":         "America/New_York",
		"America/New York": "America/New_York",
		"utc":              "UTC",
		"tokyo":            "Asia/Tokyo",
		"cet":              "CET",
	} {
		if hint := ZoneHint(name); hint != `did you mean timezone = "`+want+`"?` {
			t.Errorf("%q: %s", name, hint)
		}
	}
	for _, name := range []string{"", "UTC+2", "Mars/Olympus", "Local", "../etc/passwd"} {
		if hint := ZoneHint(name); KnownZone(name) || len(hint) < 100 {
			t.Errorf("%q: %s", name, hint)
		}
	}
}

// A date is found where there is one, and none where there is none.
func TestNever(t *testing.T) {
	for expr, never := range map[string]bool{
		"0 0 29 2 *": false, "0 0 30 2 *": true, "0 0 31 4,6 *": true, "0 0 L 2 *": false, "0 0 31 2 MON": false,
		"0 0 */31 2 MON": false, "0 0 */31 * MON#2": true, "0 0 * 2 MON#5": false, "0 0 1 1 *": false,
	} {
		f, flaw := parseFields(expr, 0)
		if flaw != nil || f.never() != never {
			t.Errorf("%s: %v, never %v, want %v", expr, flaw, f.never(), never)
		}
		if got := (calendar{fields: f, zone: time.UTC}).next(time.Unix(0, 0)).IsZero(); got != never {
			t.Errorf("%s: no slot %v, want %v", expr, got, never)
		}
	}
}
