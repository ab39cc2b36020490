/** Turns an SVG picture into the bytes of a PNG. */

/** Null where the picture cannot be drawn. `scale`: pixels of the result for each of the picture. */
export async function rasterise(svg: string, scale: number): Promise<ArrayBuffer | null> {
  const image = new Image();
  // The page's policy allows pictures from data addresses alone.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  try {
    await image.decode();
  } catch {
    return null;
  }
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(image.naturalWidth * scale);
  canvas.height = Math.round(image.naturalHeight * scale);
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  return blob ? blob.arrayBuffer() : null;
}
