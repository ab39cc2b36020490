// Finds a Chromium to drive.
import { existsSync } from 'node:fs';
import { installPackages } from './apt.mjs';
import { which } from './run.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const places = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

export const browserFlags = [
  '--no-sandbox',
  '--disable-quic',
  '--disable-background-networking',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
];

const look = async () => {
  if (process.env.SKIPSCOPE_CHROMIUM) return process.env.SKIPSCOPE_CHROMIUM;
  for (const name of names) {
    const path = await which(name);
    if (path) return path;
  }
  return places.find(existsSync) ?? null;
};

/** Path of a Chromium or Chrome; installs Debian's where there is none and that is possible. */
export const findBrowser = async () => {
  const found = await look();
  if (found) return found;
  await installPackages(['chromium']);
  return look();
};
