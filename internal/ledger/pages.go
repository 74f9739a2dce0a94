package ledger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
)

// bucket is the one bucket of a ledger. Its name is the version of its content.
var bucket = []byte("scheduled ledger 1")

// The file format of bbolt, as far as a ledger uses it. All numbers are in the
// machine's byte order.
// https://github.com/etcd-io/bbolt/tree/v1.5.0/internal/common (page.go, meta.go)
const (
	pageSize    = 4096 // of every ledger, whatever the machine's own
	headerSize  = 16   // id, flags, count, overflow
	elementSize = 16
	magic       = 0xED0CDAED
	version     = 2

	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10
	bucketFlag   = 0x01 // of an element in a leaf: its value is a bucket
)

var order = binary.NativeEndian

// checkPages returns an error if bbolt cannot be trusted with a file, which
// damage may have turned into anything. bbolt trusts its pages. A pointer out of
// bounds is a panic or a fault, which can be recovered from; but a branch that
// leads back to itself overflows the stack, and a list of 2^36 free pages
// exhausts the memory, which cannot. bbolt's own Tx.Check falls into the same
// traps. So everything that bbolt could reach is read here first: each page must
// be inside the file, be used only once, and hold its keys in order. What the
// records say is left to their checksums.
func checkPages(file []byte) error {
	m, err := newestMeta(file)
	if err != nil {
		return err
	}
	if m.pages > uint64(len(file))/pageSize {
		return fmt.Errorf("cut off: %d bytes for %d pages", len(file), m.pages)
	}
	c := &checker{file: file[:m.pages*pageSize], used: make([]bool, m.pages)}
	if err := c.root(m.root); err != nil {
		return err
	}
	return c.freelist(m.freelist)
}

// meta is the root of the page graph. A file has two, written in turn.
type meta struct {
	root, freelist uint64 // ids of pages
	pages          uint64 // how many pages are or have been in use
	transaction    uint64
}

// newestMeta returns the meta page that bbolt would use: the newest intact one.
func newestMeta(file []byte) (newest meta, err error) {
	err = errors.New("not a database")
	for page := range slices.Chunk(file[:min(len(file), 2*pageSize)], pageSize) {
		if len(page) < pageSize {
			break
		}
		body, sum := page[headerSize:72], fnv.New64a()
		sum.Write(body)
		if order.Uint32(body) != magic || order.Uint64(page[72:]) != sum.Sum64() {
			continue
		}
		if order.Uint32(body[4:]) != version || order.Uint32(body[8:]) != pageSize {
			return meta{}, errors.New("a database of another kind")
		}
		m := meta{
			root:        order.Uint64(body[16:]),
			freelist:    order.Uint64(body[32:]),
			pages:       order.Uint64(body[40:]),
			transaction: order.Uint64(body[48:]),
		}
		if err != nil || m.transaction > newest.transaction {
			newest, err = m, nil
		}
	}
	return newest, err
}

// checker walks the page graph.
type checker struct {
	file []byte
	used []bool // by page
	last []byte // key of the last record seen
	next []byte // key of the next record, if a branch above it has one: bbolt relies on it
}

// root checks the tree that holds the buckets: a leaf with ours and no other.
// While a bucket is small, its only page is in its value and has no id.
func (c *checker) root(id uint64) error {
	page, err := c.page(id)
	if err != nil {
		return err
	}
	if flags(page) != leafPage || count(page) != 1 {
		return errors.New("a database of another kind")
	}
	kind, name, value, err := leafElement(page, 0)
	if err != nil {
		return err
	}
	if kind != bucketFlag || !bytes.Equal(name, bucket) || len(value) < 16 {
		return errors.New("a database of another kind or version")
	}
	if root := order.Uint64(value); root != 0 {
		return c.tree(root)
	}
	if inline := value[16:]; len(inline) >= headerSize && flags(inline) == leafPage {
		return c.leaf(inline)
	}
	return errors.New("a bucket without a page")
}

// tree checks the tree of records from that page down.
func (c *checker) tree(id uint64) error {
	page, err := c.page(id)
	if err != nil {
		return err
	}
	if flags(page) == leafPage {
		return c.leaf(page)
	}
	if flags(page) != branchPage || count(page) == 0 {
		return fmt.Errorf("page %d is neither a leaf nor a branch", id)
	}
	for i := range count(page) {
		key, child, err := branchElement(page, i)
		if err != nil {
			return err
		}
		if c.next != nil && !bytes.Equal(c.next, key) {
			return fmt.Errorf("key %x where a branch has %x", key, c.next)
		}
		c.next = key
		if err := c.tree(child); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) leaf(page []byte) error {
	for i := range count(page) {
		kind, key, _, err := leafElement(page, i)
		if err != nil {
			return err
		}
		if kind != 0 {
			return errors.New("a bucket among the records")
		}
		if len(key) != keySize {
			return fmt.Errorf("key %x is not that of a run", key)
		}
		if c.next != nil && !bytes.Equal(c.next, key) {
			return fmt.Errorf("key %x where a branch has %x", key, c.next)
		}
		if bytes.Compare(c.last, key) >= 0 {
			return fmt.Errorf("key %x after key %x", key, c.last)
		}
		c.last, c.next = key, nil
	}
	if c.next != nil {
		return errors.New("an empty leaf below a branch")
	}
	return nil
}

// freelist checks the list of the pages that may be overwritten.
func (c *checker) freelist(id uint64) error {
	page, err := c.page(id)
	if err != nil {
		return err
	}
	ids, n := page[headerSize:], uint64(count(page))
	if n == math.MaxUint16 { // or more, which the header cannot hold
		n, ids = order.Uint64(ids), ids[8:]
	}
	if flags(page) != freelistPage || n > uint64(len(ids))/8 {
		return fmt.Errorf("page %d is not a list of free pages", id)
	}
	for i := range n {
		if err := c.use(order.Uint64(ids[8*i:]), 1); err != nil {
			return err
		}
	}
	return nil
}

// page returns a page together with the pages that it overflows into.
func (c *checker) page(id uint64) ([]byte, error) {
	if err := c.use(id, 1); err != nil {
		return nil, err
	}
	page := c.file[id*pageSize:]
	if own := order.Uint64(page); own != id {
		return nil, fmt.Errorf("page %d says it is page %d", id, own)
	}
	overflow := uint64(order.Uint32(page[12:]))
	if err := c.use(id+1, overflow); err != nil {
		return nil, err
	}
	return page[:(1+overflow)*pageSize], nil
}

// use marks n pages as used, from id on. Pages 0 and 1 are the meta pages.
func (c *checker) use(id, n uint64) error {
	for ; n > 0; id, n = id+1, n-1 {
		if id < 2 || id >= uint64(len(c.used)) {
			return fmt.Errorf("page %d is outside the file", id)
		}
		if c.used[id] {
			return fmt.Errorf("page %d is used twice", id)
		}
		c.used[id] = true
	}
	return nil
}

func flags(page []byte) uint16 { return order.Uint16(page[8:]) }
func count(page []byte) int    { return int(order.Uint16(page[10:])) }

// leafElement returns the i-th element of a leaf.
func leafElement(page []byte, i int) (kind uint32, key, value []byte, err error) {
	e, err := from(page, headerSize+elementSize*uint64(i), elementSize)
	if err != nil {
		return 0, nil, nil, err
	}
	keySize, valueSize := uint64(order.Uint32(e[8:])), uint64(order.Uint32(e[12:]))
	data, err := from(e, uint64(order.Uint32(e[4:])), keySize+valueSize)
	if err != nil {
		return 0, nil, nil, err
	}
	return order.Uint32(e), data[:keySize], data[keySize : keySize+valueSize], nil
}

// branchElement returns the i-th element of a branch.
func branchElement(page []byte, i int) (key []byte, child uint64, err error) {
	e, err := from(page, headerSize+elementSize*uint64(i), elementSize)
	if err != nil {
		return nil, 0, err
	}
	size := uint64(order.Uint32(e[4:]))
	data, err := from(e, uint64(order.Uint32(e)), size)
	if err != nil {
		return nil, 0, err
	}
	return data[:size], order.Uint64(e[8:]), nil
}

// from returns b from that offset on, which must be n bytes or more.
func from(b []byte, at, n uint64) ([]byte, error) {
	if at+n > uint64(len(b)) {
		return nil, errors.New("an element reaches out of its page")
	}
	return b[at:], nil
}
