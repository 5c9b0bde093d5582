package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"aead.dev/minisign"
)

// sign writes FILE.minisig, a signature in minisign's format over a hash of the file. The
// password of an encrypted key is in MINISIGN_PASSWORD.
func sign(args []string) error {
	if len(args) != 2 {
		return errors.New("sign KEY FILE")
	}
	key, err := readKey(args[0])
	if err != nil {
		return err
	}
	message, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	date, err := sourceDate()
	if err != nil {
		return err
	}
	reader := minisign.NewReader(bytes.NewReader(message))
	if _, err := io.Copy(io.Discard, reader); err != nil {
		return err
	}
	// The comment is signed too. It has the date of the sources, so that the same key makes
	// the same signature.
	trusted := fmt.Sprintf("timestamp:%d\tfile:%s\thashed", date.Unix(), filepath.Base(args[1]))
	return os.WriteFile(args[1]+".minisig", reader.SignWithComments(key, trusted, "signature of a release of Trailwire"), 0o644)
}

// verify fails unless FILE.minisig is a signature of FILE by the key whose public half is
// in the file PUBLICKEY.
func verify(args []string) error {
	if len(args) != 2 {
		return errors.New("verify PUBLICKEY FILE")
	}
	key, err := minisign.PublicKeyFromFile(args[0])
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	message, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	signature, err := os.ReadFile(args[1] + ".minisig")
	if err != nil {
		return err
	}
	if !minisign.Verify(key, message, signature) {
		return fmt.Errorf("%s: the signature is not by %s, or the file was changed after it", args[1], args[0])
	}
	return nil
}

// newKey writes a key pair without a password: KEY, for its owner alone, and KEY.pub. It
// is for tests and machines that sign. People make theirs with `minisign -G`, which asks
// for a password.
func newKey(args []string) error {
	if len(args) != 1 {
		return errors.New("key KEY")
	}
	public, private, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	secret, err := private.MarshalText()
	if err != nil {
		return err
	}
	file, err := os.OpenFile(args[0], os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(append(secret, '\n'))
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	text, err := public.MarshalText()
	if err != nil {
		return err
	}
	return os.WriteFile(args[0]+".pub", append(text, '\n'), 0o644)
}

func readKey(path string) (key minisign.PrivateKey, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return key, err
	}
	if minisign.IsEncrypted(text) {
		password, set := os.LookupEnv("MINISIGN_PASSWORD")
		if !set {
			return key, fmt.Errorf("%s has a password: MINISIGN_PASSWORD must have it", path)
		}
		if key, err = minisign.DecryptKey(password, text); err != nil {
			return key, fmt.Errorf("%s: MINISIGN_PASSWORD is not its password, or it is not a key of minisign: %w", path, err)
		}
		return key, nil
	}
	if err := key.UnmarshalText(text); err != nil {
		return key, fmt.Errorf("%s is not a secret key of minisign: %w", path, err)
	}
	return key, nil
}
