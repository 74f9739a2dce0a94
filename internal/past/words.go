package past

import (
	"fmt"
	"time"
)

// States explains the states; schedule.State has them in full.
const States = `A window is
  confirmed  an execution that started in its first eighth succeeded
  late       an execution that started later succeeded
  rescued    an execution that a rescue started succeeded
  running    a run is queued or in progress
  failed     a run failed, and none succeeded
  due        it is the current window, and nothing has run yet
  missed     it is over, and nothing ran, or all runs were cancelled
  paused     nothing ran, and the workflow is disabled by hand
  unknown    the history does not reach back that far, or is incomplete`

// Late writes a lateness for people, in its two largest units.
func Late(d time.Duration) string {
	d = d.Truncate(time.Second)
	days, hours, minutes := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60
	switch {
	case days > 0:
		return fmt.Sprintf("%dd%dh", days, hours)
	case hours > 0:
		return fmt.Sprintf("%dh%dm", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%dm", minutes)
	}
	return d.String()
}
