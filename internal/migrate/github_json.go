package migrate

import (
	"encoding/json"
	"math"
	"strings"
)

var nan = math.NaN()

func fromJSON(text string) ghValue {
	var value any
	if json.Unmarshal([]byte(text), &value) != nil {
		return without("fromJSON of something else")
	}
	return known(value)
}

func toJSON(value any) ghValue {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return without("toJSON of something that it cannot write")
	}
	return known(string(text))
}

// joinValues joins the elements of a list, with a comma or what the second argument says.
func joinValues(args []ghValue) string {
	between, texts := ",", []string{}
	if len(args) > 1 {
		between = args[1].text()
	}
	list, ok := args[0].value.([]any)
	if !ok {
		return args[0].text()
	}
	for _, v := range list {
		texts = append(texts, known(v).text())
	}
	return strings.Join(texts, between)
}
