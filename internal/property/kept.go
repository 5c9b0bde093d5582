package property

import "sync"

// Kept remembers, for each name, the last settings with which an instance has
// started. A hot reload with wrong settings goes on with these: it must not end
// the host's logging. The zero Kept is ready; it may be used from any goroutine.
type Kept[T any] struct {
	mu     sync.Mutex
	byName map[string]T
}

// Start starts an instance with new settings. If that fails, and an instance of the
// name has started before in this process, it starts with the settings of that one;
// stale is then the error of the new ones. read reads the settings, start makes an
// instance from them.
func Start[T, I any](k *Kept[T], name string, read func() (T, error), start func(T) (I, error)) (instance I, stale, err error) {
	settings, err := read()
	if err == nil {
		instance, err = start(settings)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		if k.byName == nil {
			k.byName = make(map[string]T)
		}
		k.byName[name] = settings
		return instance, nil, nil
	}
	last, ok := k.byName[name]
	if !ok {
		return instance, nil, err
	}
	instance, again := start(last)
	if again != nil {
		return instance, nil, err
	}
	return instance, err, nil
}
