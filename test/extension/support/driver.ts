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
export const click = (selector: string) => drive('click', { selector });
export const clickPanel = (selector: string) => drive('clickPanel', { selector });
export const textOfPanel = async (selector: string) => (await drive('textOfPanel', { selector })) as string;
export const countInPanel = async (selector: string) => (await drive('countInPanel', { selector })) as number;
/** Waits until an element that holds the text is to be seen. */
export const see = (selector: string, text: string) => drive('see', { selector, text });
export const seeInPanel = (selector: string, text: string) => drive('seeInPanel', { selector, text });
/** Waits until there is no such element to be seen. */
export const gone = (selector: string) => drive('gone', { selector });
