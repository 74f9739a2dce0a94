package migrate

import (
	"strings"
	"testing"
)

// Each row has an expression, and its crons; "≈" before those that say more.
func TestCalendar(t *testing.T) {
	for _, test := range []struct{ expression, want string }{
		// words
		{"minutely", "* * * * *"}, {"hourly", "0 * * * *"}, {"daily", "0 0 * * *"}, {"weekly", "0 0 * * 1"}, {"monthly", "0 0 1 * *"},
		{"quarterly", "0 0 1 */3 *"}, {"semiannually", "0 0 1 1,7 *"}, {"yearly", "0 0 1 1 *"},
		// weekdays
		{"Mon..Fri 09:00", "0 9 * * 1-5"}, {"Sat,Thu,Mon..Wed,Sat..Sun", "0 0 * * 0-4,6"}, {"Mon-Fri 9:5", "5 9 * * 1-5"}, {"Sunday 10:00", "0 10 * * 0"},
		// times
		{"*:0/15", "*/15 * * * *"}, {"*:5/20", "5-45/20 * * * *"}, {"00/2:00", "0 */2 * * *"}, {"8..18:00/30", "0,30 8-18 * * *"}, {"05,17:40", "40 5,17 * * *"},
		// dates
		{"*-*-01 06:00:00", "0 6 1 * *"}, {"12-24 18:00", "0 18 24 12 *"}, {"*-*-1/2 05:00", "0 5 */2 * *"}, {"*-2-29", "0 0 29 2 *"},
		// the end of the month
		{"*-*~01 12:00", "0 12 L * *"}, {"*-02~01 12:00", "0 12 L 2 *"}, {"*-04,05~3 12:00", "0 12 29 5 * | 0 12 28 4 *"}, {"*-*~2", "≈0 0 30 1,3,5,7,8,10,12 * | 0 0 29 4,6,9,11 * | 0 0 L 2 *"},
		// weekdays of weeks
		{"Mon *-*-1..7 09:00", "0 9 * * MON#1"}, {"Tue,Thu *-*-8..14 09:00", "0 9 * * TUE#2,THU#2"}, {"Mon *-*-10..20", "≈0 0 * * 1"}, {"Fri *-*~07/1", "≈0 0 * * 5"},
		// not read
		{"", "invalid"}, {"never", "invalid"}, {"25:00", "invalid"}, {"*-13-01", "invalid"}, {"Mon Tue 09:00", "invalid"}, {"*:61", "invalid"}, {"*:0/0", "invalid"}, {"9", "invalid"}, {"Mon 09:00 Europe/Nowhere", "invalid"},
	} {
		got := "invalid"
		if c, ok := readCalendar(test.expression); ok {
			crons, exact := c.crons()
			got = strings.Join(crons, " | ")
			if !exact {
				got = "≈" + got
			}
		}
		if got != test.want {
			t.Errorf("%q: %s, want %s", test.expression, got, test.want)
		}
	}
}
