/** Random numbers that depend on nothing but a seed and a name, so that every backend draws the same weights. */

/** Uniform in [0, 1) with 32 random bits. */
export type Random = () => number;

/** FNV-1a over the text's UTF-16 code units, 32 bits. */
export function hashText(text: string, start = 0x811c9dc5): number {
  let hash = start;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** Finaliser of MurmurHash3: spreads a counter over 32 bits. */
function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** An independent stream for each seed and name: sfc32 (PractRand's small fast counter), warmed up. */
export function createRandom(seed: number, name: string): Random {
  const key = mix(hashText(name) ^ Math.imul(seed + 1, 0x9e3779b9));
  let a = mix(key + 1) | 0;
  let b = mix(key + 2) | 0;
  let c = mix(hashText(name, key)) | 0;
  let counter = 1;
  const next = () => {
    const result = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + result) | 0;
    return (result >>> 0) / 2 ** 32;
  };
  for (let step = 0; step < 12; step++) next();
  return next;
}

/** Standard normal numbers, two from each pair of uniform ones (Box and Muller). */
export function createNormal(random: Random): Random {
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const result = spare;
      spare = null;
      return result;
    }
    // 1 − u lies in (0, 1], so that the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}
