package schedule

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
)

// list writes a set as ranges of two and more: "0-3,7".
func list(s set) string {
	var parts []string
	for n := 0; n < 64; n++ {
		low := n
		for s.has(n) && s.has(n+1) {
			n++
		}
		switch {
		case n > low:
			parts = append(parts, fmt.Sprintf("%d-%d", low, n))
		case s.has(n):
			parts = append(parts, fmt.Sprint(n))
		}
	}
	return strings.Join(parts, ",")
}

// written writes fields as a cron, without steps, names, H and 7.
func written(f fields) string {
	star := func(any bool, first string, s set) string {
		if any {
			return first + "," + list(s)
		}
		return list(s)
	}
	hours, days, weekdays := star(f.anyHour, "*/24", f.hours), star(f.anyDay, "*/31", f.days), star(f.anyWeekday, "*/7", f.weekdays)
	if f.lastDay {
		days = strings.TrimPrefix(days+",L", ",")
	}
	for day, nth := range f.nth {
		for n := range nth.all() {
			weekdays = strings.TrimPrefix(fmt.Sprintf("%s,%d#%d", weekdays, day, n), ",")
		}
	}
	return strings.Join([]string{list(f.minutes), hours, days, list(f.months), weekdays}, " ")
}

// assigned is the number of H in the rows.
const assigned = hash(16 + 48*5 + 1152*(16+28*100))

var readable = []struct{ expr, want string }{
	// Values, lists and ranges.
	{"0 0 1 1 0", "0 0 1 1 0"},
	{"59 23 31 12 6", "59 23 31 12 6"},
	{"1,2,3,5 0-2,4 1-1 1,1 1", "1-3,5 0-2,4 1 1 1"},
	{"05 09 01 01 01", "5 9 1 1 1"},
	{"5,3,4 1 1 1 1", "3-5 1 1 1 1"},
	{"0-30,20-40 1 1 1 1", "0-40 1 1 1 1"},
	// Steps.
	{"*/15 */6 1 1 1", "0,15,30,45 */24,0,6,12,18 1 1 1"},
	{"*/7 0 1 1 1", "0,7,14,21,28,35,42,49,56 0 1 1 1"},
	{"5/20 3/8 1 1 1", "5,25,45 3,11,19 1 1 1"},
	{"10-30/10 8-17/4 1 1 1", "10,20,30 8,12,16 1 1 1"},
	{"10-31/10 0-0/5 1 1 1", "10,20,30 0 1 1 1"},
	{"*/60 */24 1 */12 1", "0 */24,0 1 1 1"},
	{"0-59/1 1 31/2 12/3 1", "0-59 1 31 12 1"},
	{"0 0 2/10 3/4 1", "0 0 2,12,22 3,7,11 1"},
	// Weekdays: 7 is Sunday, names in any case.
	{"0 0 1 1 7", "0 0 1 1 0"},
	{"0 0 1 1 5-7", "0 0 1 1 0,5-6"},
	{"0 0 1 1 0-7", "0 0 1 1 0-6"},
	{"0 0 1 1 1-7", "0 0 1 1 0-6"},
	{"0 0 1 1 7-7", "0 0 1 1 0"},
	{"0 0 1 1 1-7/2", "0 0 1 1 0-1,3,5"},
	{"0 0 1 1 7/2", "0 0 1 1 0,2,4,6"},
	{"0 0 1 1 5/2", "0 0 1 1 5"},
	{"0 0 1 1 4/2", "0 0 1 1 4,6"},
	{"0 0 1 1 SUN-SAT", "0 0 1 1 0-6"},
	{"0 0 1 jan-Mar,DEC mOn,Wed-fri", "0 0 1 1-3,12 1,3-5"},
	{"0 0 1 1 mon-5", "0 0 1 1 1-5"},
	// H.
	{"H H H H H", "21 5 17 5 2"},
	{"h h h h h", "21 5 17 5 2"},
	{"H/15 1 1 1 1", "13,28,43,58 1 1 1 1"},
	{"H(0-9) H(9-17) 1 1 1", "8 17 1 1 1"},
	{"H(30-59)/10 h(0-7)/4 1 1 1", "38,48,58 1,5 1 1 1"},
	{"H(0-3)/10 H(5-5) 1 1 1", "0 5 1 1 1"},
	{"0 0 H(1-7) H(jan-jun) h(MON-fri)", "0 0 3 5 2"},
	{"0 0 1 1 H(5-7)", "0 0 1 1 0"},
	{"H,30 H,0 1 1 1", "21,30 0,5 1 1 1"},
	// L and #.
	{"0 0 L 1 1", "0 0 L 1 1"},
	{"0 0 l,15 1 1", "0 0 15,L 1 1"},
	{"0 0 1 1 MON#1", "0 0 1 1 1#1"},
	{"0 0 1 1 7#5,fri#2,3", "0 0 1 1 3,0#5,5#2"},
	// White space.
	{"  0\t0  1 1   1 ", "0 0 1 1 1"},
}

func TestFields(t *testing.T) {
	for _, row := range readable {
		f, flaw := parseFields(row.expr, assigned)
		if flaw != nil {
			t.Errorf("%q: %s", row.expr, flaw.Message)
			continue
		}
		if got := written(f); got != row.want {
			t.Errorf("%q is read as %q, want %q", row.expr, got, row.want)
		}
	}
}

// TestStars checks which fields count as wildcards.
func TestStars(t *testing.T) {
	rows := []struct {
		expr            string
		hour, day, week bool
	}{
		{"* * * * *", true, true, true},
		{"0 */2 */2 * */2", true, true, true},
		{"0 0-23 1-31 * 0-6", false, false, false},
		{"0 H/2 H * H", false, false, false},
		{"0 5,*/3 1,* * 1,*", false, false, false},
		{"0 */3,5 *,1 * *,1", true, true, true},
		{"0 0/1 1/1 * 0/1", false, false, false},
	}
	for _, row := range rows {
		f, flaw := parseFields(row.expr, assigned)
		if flaw != nil || f.anyHour != row.hour || f.anyDay != row.day || f.anyWeekday != row.week {
			t.Errorf("%q: wildcards are hour %t, day %t, weekday %t; flaw %v", row.expr, f.anyHour, f.anyDay, f.anyWeekday, flaw)
		}
	}
}

var unreadable = []struct{ expr, message, hint string }{
	// Not five fields.
	{"", "five fields", "write it as in"},
	{"* * * *", "five fields", "write it as in"},
	{"* * * * * *", "six fields", "seconds"},
	{"CRON_TZ=Europe/Berlin 0 9 * * *", "time zone in the wrong place", `cron = "0 9 * * *" and timezone = "Europe/Berlin"`},
	{"tz=UTC 0 9 * * *", "time zone in the wrong place", `timezone = "UTC"`},
	{"TZ=", "time zone in the wrong place", `cron = "30 9 * * 1-5" and timezone = "Europe/Berlin"`},
	{"TZ=Ⱥ 0 9 * * *", "time zone in the wrong place", `cron = "0 9 * * *" and timezone = "Ⱥ"`}, // which is longer in small letters
	{"0 9 * 2/30 *", "step 30", "*/2"},
	{"@daily", "five fields", `every = "day"`},
	{" @Weekly ", "five fields", `every = "week"`},
	{"@yearly", "five fields", `every = "12 months"`},
	{"@every 1h30m", "five fields", "every"},
	{"@reboot", "five fields", ""},
	// Out of range.
	{"60 * * * *", `minute "60" must be 0 to 59`, "0 to 59"},
	{"* 24 * * *", `hour "24" must be 0 to 23`, ""},
	{"* * 0 * *", `day "0" must be 1 to 31`, ""},
	{"* * 32 * *", `day "32" must be 1 to 31`, ""},
	{"* * * 0 *", `month "0" must be 1 to 12`, ""},
	{"* * * 13 *", `month "13" must be 1 to 12`, ""},
	{"* * * * 8", `weekday "8" must be 0 to 7`, ""},
	{"0-60 * * * *", "must be 0 to 59", ""},
	{"H(0-60) * * * *", "must be 0 to 59", ""},
	{"-1 * * * *", "not valid", ""},
	{"005 * * * *", "not valid", ""},
	// Backwards.
	{"30-10 * * * *", "runs backwards", `"30-59,0-10"`},
	{"* 22-6 * * *", "runs backwards", `"22-23,0-6"`},
	{"* * * nov-feb *", "runs backwards", `"11-12,1-2"`},
	{"* * * * FRI-SUN", "runs backwards", `"5-6,0-0"`},
	{"* * * * 7-1", "runs backwards", `"0-1"`},
	{"* H(20-4) * * *", "runs backwards", "H(4-20)"},
	// Steps.
	{"*/0 * * * *", "step 0", ""},
	{"*/61 * * * *", "step 61", `every = "61 minutes"`},
	{"* */25 * * *", "step 25", `every = "25 hours"`},
	{"* * * * */8", "step 8", ""},
	{"*/ * * * *", "not valid", ""},
	{"/5 * * * *", "not valid", ""},
	{"*/x * * * *", "not valid", ""},
	{"*/-5 * * * *", "not valid", ""},
	{"*/2/2 * * * *", "not valid", ""},
	// Not a member here.
	{"L * * * *", "not valid", ""},
	{"* * * * L", "not valid", ""},
	{"* * * * 5L", "not valid", ""},
	{"* * L-2 * *", "not valid", ""},
	{"* * 15W * *", "not valid", ""},
	{"* * LW * *", "not valid", ""},
	{"* * ? * *", "not valid", "write * for any day"},
	{"* * * * ?", "not valid", "write * for any weekday"},
	{"* * MON#1 * *", "not valid", ""},
	{"* * * * MON#0", "number from 1 to 5", ""},
	{"* * * * MON#6", "number from 1 to 5", ""},
	{"* * * * MON#L", "number from 1 to 5", ""},
	{"* * * * 8#1", "must be 0 to 7", ""},
	{"* * * * H#1", "not valid", ""},
	{"* * * MON *", "not valid", ""},
	{"JAN * * * *", "not valid", ""},
	{"* * * january *", "not valid", ""},
	{"* * * * ſun", "not valid", ""},
	{"* * * * frı", "not valid", ""},
	{"H5 * * * *", "not valid", ""},
	{"H(5) * * * *", "not valid", ""},
	{"H() * * * *", "not valid", ""},
	{"H-5 * * * *", "not valid", ""},
	{"*-5 * * * *", "not valid", ""},
	{"5-H * * * *", "not valid", ""},
	{"1,,2 * * * *", "not valid", ""},
	{", * * * *", "not valid", ""},
	{"1-2-3 * * * *", "not valid", ""},
	{"~ * * * *", "not valid", ""},
	{"** * * * *", "not valid", ""},
	{"1.5 * * * *", "not valid", ""},
	{"0x5 * * * *", "not valid", ""},
	{"+5 * * * *", "not valid", ""},
	{"٣ * * * *", "not valid", ""},
}

func TestFieldsFlaws(t *testing.T) {
	for _, row := range unreadable {
		_, flaw := parseFields(row.expr, assigned)
		if flaw == nil {
			t.Errorf("%q is read", row.expr)
			continue
		}
		if !strings.Contains(flaw.Message, row.message) || !strings.Contains(flaw.Hint, row.hint) {
			t.Errorf("%q: %s; hint: %s; want %q and %q", row.expr, flaw.Message, flaw.Hint, row.message, row.hint)
		}
	}
}

// TestAgainstRobfig compares random plain crons in UTC with a known library.
func TestAgainstRobfig(t *testing.T) {
	crons := 3000
	if testing.Short() {
		crons = 300
	}
	random := rand.New(rand.NewPCG(3, 4))
	from := time.Date(2023, 11, 20, 0, 0, 0, 0, time.UTC)
	for range crons {
		expr := randomCron(random)
		library, err := cron.ParseStandard(expr)
		if err != nil {
			t.Fatalf("%q: %v", expr, err)
		}
		s, flaws := Parse(Spec{Cron: []string{expr}})
		at := from.Add(time.Duration(random.Int64N(int64(800 * day))))
		if len(flaws) > 0 {
			if next := library.Next(at); !next.IsZero() {
				t.Errorf("%q: %s; but it comes at %v", expr, flaws[0].Message, next)
			}
			continue
		}
		for range 20 {
			want := library.Next(at)
			if want.IsZero() { // the library looks only five years ahead
				break
			}
			if got := s.Next(at); got != want {
				t.Fatalf("%q: Next(%v) = %v, want %v", expr, at, got, want)
			}
			if got := s.Prev(want.Add(-1)); got.After(at) || s.Next(got) != want {
				t.Fatalf("%q: Prev just before %v = %v, and Next of it %v", expr, want, got, s.Next(got))
			}
			at = want
		}
	}
}

// randomCron returns a cron that both readers take for the same: no 7, and no step over
// days or weekdays that begins with a star, where both are given.
func randomCron(random *rand.Rand) string {
	var fields []string
	for i, field := range theFields {
		low, high := field.low, field.high
		if field.name == "weekday" {
			high = 6
		}
		var members []string
		for range 1 + random.IntN(3)*random.IntN(2) {
			a, b := low+random.IntN(high-low+1), low+random.IntN(high-low+1)
			step := 1 + random.IntN(high-low+1)
			member := []string{
				"*", fmt.Sprint(a), fmt.Sprint(a), fmt.Sprintf("%d-%d", min(a, b), max(a, b)),
				fmt.Sprintf("%d-%d/%d", min(a, b), max(a, b), step), fmt.Sprintf("%d/%d", a, step), fmt.Sprintf("*/%d", step),
			}[random.IntN(7)]
			if member[0] == '*' && (len(members) > 0 || i == 2 || i == 4) {
				member = "*"
				if len(members) > 0 {
					continue
				}
			}
			members = append(members, member)
			if member == "*" {
				break
			}
		}
		fields = append(fields, strings.Join(members, ","))
	}
	return strings.Join(fields, " ")
}

func FuzzFields(f *testing.F) {
	for _, row := range readable {
		f.Add(row.expr, uint64(assigned))
	}
	for _, row := range unreadable {
		f.Add(row.expr, uint64(1))
	}
	f.Fuzz(func(t *testing.T, expr string, n uint64) {
		read, flaw := parseFields(expr, hash(n))
		if flaw != nil {
			if flaw.Message == "" {
				t.Errorf("%q: a flaw without words", expr)
			}
			return
		}
		again, flaw := parseFields(written(read), hash(n))
		if flaw != nil || again != read {
			t.Errorf("%q is %+v, and %q is %+v; flaw %v", expr, read, written(read), again, flaw)
		}
		if read.days&^span(1, 31, 1) != 0 || read.months&^span(1, 12, 1) != 0 || read.weekdays&^span(0, 6, 1) != 0 || read.hours&^span(0, 23, 1) != 0 || read.minutes&^span(0, 59, 1) != 0 {
			t.Errorf("%q is beyond its fields: %+v", expr, read)
		}
		next := calendar{fields: read, zone: time.UTC}.next(time.Unix(int64(n%(1<<33)), 0))
		if next.IsZero() != read.never() {
			t.Errorf("%q: never() = %t, and the next slot is %v", expr, read.never(), next)
		}
	})
}
