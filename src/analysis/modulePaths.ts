/** Arithmetic on dotted module paths. */

/** The deepest path that all of `paths` lie within; '' when they share none. */
export function commonPath(paths: Iterable<string>): string {
  let common: string[] | null = null;
  for (const path of paths) {
    const parts = path === '' ? [] : path.split('.');
    if (common === null) common = parts;
    let length = 0;
    while (length < common.length && common[length] === parts[length]) length++;
    common = common.slice(0, length);
  }
  return common?.join('.') ?? '';
}

/** `path` itself and everything above it, nearest first, '' last. */
export function ancestorsOf(path: string): string[] {
  const found = [path];
  for (let at = path.lastIndexOf('.'); at > 0; at = path.lastIndexOf('.', at - 1)) found.push(path.slice(0, at));
  if (path !== '') found.push('');
  return found;
}

/** `path` as seen from `ancestor`: `layer1.0.conv1` from `layer1.0` is `conv1`. */
export const relativePath = (path: string, ancestor: string): string =>
  ancestor === '' ? path : path === ancestor ? '' : path.slice(ancestor.length + 1);
