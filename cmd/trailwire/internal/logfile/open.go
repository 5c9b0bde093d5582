package logfile

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/text/encoding/unicode"
)

// content is what an input holds, decompressed, in UTF-8.
type content struct {
	io.Reader
	file io.Closer
	size int // of what is in it, as far as the file says; zero if that is not known

	buffer *bufio.Reader
	zips   []*gzip.Reader
}

// Close closes the file. Standard input stays open. What it was read with is used for the next one.
func (c content) Close() error {
	for _, zip := range c.zips {
		zips.Put(zip)
	}
	if c.buffer != nil {
		c.buffer.Reset(nil)
		readBuffers.Put(c.buffer)
	}
	if c.file == nil {
		return nil
	}
	return c.file.Close()
}

// What files were read with, for the next ones.
var (
	readBuffers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, readSize) }}
	zips        sync.Pool
)

// openInput opens an input. Gzip and UTF-16 are known by their first bytes, whatever
// the file is called. read is told how many bytes came from the disk. Where reading may
// have to wait, it ends with ctx.
func openInput(ctx context.Context, in input, stdin io.Reader, read func(n int)) (content, error) {
	var c content
	source := stdin
	if in.open != nil {
		body, err := in.open()
		if err != nil {
			return content{}, err
		}
		source, c.file = body, body
	} else if in.path != StandardInput {
		file, err := os.Open(in.path)
		if err != nil {
			return content{}, Reason(err)
		}
		source, c.file = file, file
		c.size = sizeOf(file, in.size)
	}
	if in.size < 0 {
		source = newUntilDone(ctx, source)
	}
	c.buffer = readBuffers.Get().(*bufio.Reader)
	c.buffer.Reset(&countingReader{source, read})
	var err error
	if c.Reader, c.zips, err = decode(c.buffer); err != nil {
		_ = c.Close()
		return content{}, err
	}
	return c, nil
}

// sizeOf returns how many bytes of content a file claims to hold that has so many. Gzip says at its end how
// much it was, which may be wrong.
func sizeOf(file *os.File, size int64) int {
	var begin, end [4]byte
	if size < int64(len(begin)+len(end)) {
		return 0
	}
	if _, err := file.ReadAt(begin[:], 0); err != nil {
		return 0
	}
	if !bytes.HasPrefix(begin[:], []byte(gzipMagic)) {
		return int(min(size, maxKept))
	}
	if _, err := file.ReadAt(end[:], size-int64(len(end))); err != nil {
		return 0
	}
	return int(min(binary.LittleEndian.Uint32(end[:]), maxKept))
}

// readSize is how many bytes are asked for at a time.
const readSize = 256 << 10

// maxZips is how many times one file may be compressed. CloudWatch Logs compresses
// what it gives to Firehose, which may compress it again.
const maxZips = 3

// Decode returns what is in source, decompressed, in UTF-8. An error of the source
// itself comes with the first read.
func Decode(source io.Reader) (io.Reader, error) {
	decoded, _, err := decode(bufio.NewReaderSize(source, readSize))
	return decoded, err
}

// decode is Decode. It also returns what unzips.
func decode(buffered *bufio.Reader) (decoded io.Reader, zips []*gzip.Reader, err error) {
	for {
		// An error here comes again with the first read.
		begin, _ := buffered.Peek(8)
		if name := foreign(begin); name != "" {
			return nil, zips, foreignError(name)
		}
		if !bytes.HasPrefix(begin, []byte(gzipMagic)) || len(zips) == maxZips {
			return toUTF8(buffered, begin), zips, nil
		}
		unzipped, err := newGzipReader(buffered)
		if err != nil {
			return nil, zips, fmt.Errorf("not gzip although it begins so: %w", plain(err))
		}
		zips = append(zips, unzipped.file)
		// What was unzipped is in memory: it is looked at, and then read past the buffer.
		buffered = bufio.NewReaderSize(unzipped, 4<<10)
	}
}

const gzipMagic = "\x1f\x8b"

// foreignError is the name of what a file is that is not read.
type foreignError string

func (e foreignError) Error() string {
	return "this is " + string(e) + ": only JSON is read, as it is or with gzip"
}

// foreign names what a file is that is not read, by its first bytes.
func foreign(begin []byte) string {
	for _, f := range [...]struct{ magic, name string }{
		{"\x28\xb5\x2f\xfd", "zstd"},
		{"\xfd7zXZ\x00", "xz"},
		{"\x04\x22\x4d\x18", "lz4"},
		{"PK\x03\x04", "zip"},
		{"Obj\x01", "Avro"},
	} {
		if bytes.HasPrefix(begin, []byte(f.magic)) {
			return f.name
		}
	}
	switch { // letters that a text may begin with, too
	case len(begin) == 8 && bytes.HasPrefix(begin, []byte("BZh")) && bytes.HasPrefix(begin[4:], []byte("1AY&")):
		return "bzip2"
	case len(begin) > 4 && bytes.HasPrefix(begin, []byte("PAR1")) && (begin[4] < ' ' || begin[4] >= 0x80):
		return "Parquet"
	}
	return ""
}

// toUTF8 returns text in UTF-8 that may be in UTF-16, with a byte order mark or
// without: JSON begins with a character of ASCII, and so does nearly all that may
// stand before it.
func toUTF8(text *bufio.Reader, begin []byte) io.Reader {
	order := unicode.BigEndian
	switch {
	case bytes.HasPrefix(begin, []byte("\xfe\xff")):
	case bytes.HasPrefix(begin, []byte("\xff\xfe")):
		order = unicode.LittleEndian
	case len(begin) < 2:
		return text
	case begin[0] == 0 && begin[1] != 0 && (len(begin) < 4 || begin[2] == 0 && begin[3] != 0):
	case begin[0] != 0 && begin[1] == 0 && (len(begin) < 4 || begin[2] != 0 && begin[3] == 0):
		order = unicode.LittleEndian
	default:
		return text
	}
	return unicode.UTF16(order, unicode.UseBOM).NewDecoder().Reader(text)
}

type countingReader struct {
	r    io.Reader
	read func(n int)
}

func (c *countingReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.read(n)
	return n, err
}

// gzipReader reads gzip files that follow one another, and the NUL bytes that may
// fill up what they are in. It says of an error that it is the compression's.
type gzipReader struct {
	src  *bufio.Reader
	file *gzip.Reader
}

func newGzipReader(src *bufio.Reader) (*gzipReader, error) {
	file, _ := zips.Get().(*gzip.Reader)
	if file == nil {
		file = new(gzip.Reader)
	}
	if err := file.Reset(src); err != nil {
		return nil, err
	}
	file.Multistream(false)
	return &gzipReader{src, file}, nil
}

func (g *gzipReader) Read(b []byte) (int, error) {
	n, err := g.file.Read(b)
	if err == io.EOF {
		err = g.next()
	}
	if err != nil && err != io.EOF {
		err = fmt.Errorf("gzip: %w", plain(err))
	}
	return n, err
}

// next opens the file after the one that has ended. It returns io.EOF where there is
// none.
func (g *gzipReader) next() error {
	for {
		c, err := g.src.ReadByte()
		if err != nil {
			return err
		}
		if c == 0 {
			continue
		}
		if err := g.src.UnreadByte(); err != nil {
			return err
		}
		if err := g.file.Reset(g.src); err != nil {
			return err
		}
		g.file.Multistream(false)
		return nil
	}
}

// plain says in words what the errors of io and gzip mean for a file.
func plain(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errors.New("the file is cut off")
	case errors.Is(err, gzip.ErrHeader):
		return errors.New("what follows is not gzip")
	case errors.Is(err, gzip.ErrChecksum):
		return errors.New("the checksum is wrong")
	}
	return err
}
