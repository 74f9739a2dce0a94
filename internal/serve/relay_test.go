package serve

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// TestRelay writes more than a reader takes that has stopped: nothing waits, and the reader
// gets the beginning, how much is missing, and what comes later.
func TestRelay(t *testing.T) {
	read, write := io.Pipe()
	r := NewRelay(write)
	const lines = 30_000
	for i := range lines {
		fmt.Fprintf(r, "line %d %s\n", i, strings.Repeat("x", 80))
	}
	r.Close(time.Millisecond) // nobody reads: it does not wait for that
	var got bytes.Buffer
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(&got, read)
		close(ended)
	}()
	<-r.over
	write.Close()
	<-ended
	all := strings.Split(strings.TrimSuffix(got.String(), "\n"), "\n")
	if len(all) < 100 || len(all) >= lines || !strings.HasPrefix(all[0], "line 0 ") || !strings.HasPrefix(all[len(all)-1], fmt.Sprintf("line %d ", len(all)-1)) {
		t.Errorf("%d lines, from %.20q to %.20q", len(all), all[0], all[len(all)-1])
	}
}

// TestRelayGoesOn has a reader come back: it is told how much it has missed.
func TestRelayGoesOn(t *testing.T) {
	read, write := io.Pipe()
	r := NewRelay(write)
	big := []byte(strings.Repeat("x", relayed/2-1) + "\n")
	for range 4 {
		_, _ = r.Write(big)
	}
	first := make([]byte, len(big))
	if _, err := io.ReadFull(read, first); err != nil {
		t.Fatal(err)
	}
	second := make([]byte, len(big))
	if _, err := io.ReadFull(read, second); err != nil {
		t.Fatal(err)
	}
	var rest bytes.Buffer
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(&rest, read)
		close(ended)
	}()
	for {
		r.mu.Lock()
		empty := r.size == 0
		r.mu.Unlock()
		if empty {
			break
		}
		time.Sleep(time.Millisecond)
	}
	_, _ = r.Write([]byte("back\n"))
	r.Close(time.Minute)
	write.Close()
	<-ended
	if want := "[2 lines were left out here: they were not read in time]\nback\n"; rest.String() != want {
		t.Errorf("then %.100q, want %q", rest.String(), want)
	}
}
