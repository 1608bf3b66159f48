// Numbers from 0 up to 1 that a seed decides: Tommy Ettinger's mulberry32, which is small, and random enough to choose
// words. They are not those of NumPy's generator, so a seed draws other words here than in `python -m calc generate`.

export function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}
