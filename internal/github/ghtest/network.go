package ghtest

import (
	"context"
	"fmt"
	"net"
)

// Network is a network in memory with one server. Its connections block in a way
// that synctest knows, so that time jumps when everything waits.
type Network struct {
	conns chan net.Conn
	ctx   context.Context
	close context.CancelFunc
}

// NewNetwork returns one whose server does not accept connections yet.
func NewNetwork() Network {
	ctx, cancel := context.WithCancel(context.Background())
	return Network{make(chan net.Conn), ctx, cancel}
}

// Accept returns the next connection to the server.
func (n Network) Accept() (net.Conn, error) {
	select {
	case conn := <-n.conns:
		return conn, nil
	case <-n.ctx.Done():
		return nil, net.ErrClosed
	}
}

// Close ends the server.
func (n Network) Close() error {
	n.close()
	return nil
}

// Addr is that of the server.
func (n Network) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80} }

// Dial connects to the server, for an http.Transport.
func (n Network) Dial(ctx context.Context, _, addr string) (net.Conn, error) {
	if addr != n.Addr().String() {
		return nil, fmt.Errorf("no route to %s", addr)
	}
	near, far := net.Pipe()
	select {
	case n.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
