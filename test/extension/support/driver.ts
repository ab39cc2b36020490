/** Acts on VS Code from outside, as a user does, through the runner's Chromium. */

const drive = async (action: string, options: Record<string, unknown>): Promise<unknown> => {
  const response = await fetch(process.env.SKIPSCOPE_DRIVER!, {
    method: 'POST',
    body: JSON.stringify({ action, ...options }),
  });
  const { value, error } = (await response.json()) as { value?: unknown; error?: string };
  if (error) throw new Error(`${action}: ${error}`);
  return value;
};

/** Prints a line where the suite was started. */
export const tell = (text: string) => drive('tell', { text });
/** Keeps a picture of the whole window in test-output/. */
export const screenshot = (name: string) => drive('screenshot', { name });
export const press = (keys: string) => drive('press', { keys });
export const type = (text: string) => drive('type', { text });
/** The first element that matches, and holds the text. */
export const click = (selector: string, text = '') => drive('click', { selector, text });
/** Waits until an element that holds the text is to be seen. */
export const see = (selector: string, text = '') => drive('see', { selector, text });
/** Waits until there is no such element to be seen. */
export const gone = (selector: string, text = '') => drive('gone', { selector, text });

export const clickPanel = (selector: string, text = '') => drive('clickPanel', { selector, text });
export const doubleClickPanel = (selector: string) => drive('doubleClickPanel', { selector });
/** `at`: shares of the element's width and height. */
export const clickPanelAt = (selector: string, at: Pair) => drive('clickPanelAt', { selector, at });
/** `from`: shares of the element's width and height; `by`: pixels. */
export const dragPanel = (selector: string, from: Pair, by: Pair) => drive('dragPanel', { selector, from, by });
/** `by`: pixels; `key`: held down meanwhile. */
export const wheelPanel = (selector: string, by: number, key = '') => drive('wheelPanel', { selector, by, key });
export const chooseInPanel = (selector: string, option: string) => drive('chooseInPanel', { selector, option });
export const textOfPanel = async (selector: string) => (await drive('textOfPanel', { selector })) as string;
/** Of all that match. */
export const textsOfPanel = async (selector: string) => (await drive('textsOfPanel', { selector })) as string[];
export const attributeOfPanel = async (selector: string, name: string) =>
  (await drive('attributeOfPanel', { selector, name })) as string | null;
/** As the page computes it. */
export const styleOfPanel = async (selector: string, name: string) =>
  (await drive('styleOfPanel', { selector, name })) as string;
export const countInPanel = async (selector: string) => (await drive('countInPanel', { selector })) as number;
export const seeInPanel = (selector: string, text = '') => drive('seeInPanel', { selector, text });
export const goneFromPanel = (selector: string, text = '') => drive('goneFromPanel', { selector, text });
/** What axe-core has to report of the panel: a line for each rule that is broken. */
export const auditPanel = async () => (await drive('auditPanel', {})) as string[];

/** Two numbers, across and down. */
type Pair = readonly [number, number];
