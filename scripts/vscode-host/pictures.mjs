/**
 * The pictures of the documentation: what to open, and which text must be seen before the picture is taken.
 *
 * @type {{ name: string, kind: string, folder: string, en?: import('./screenshots.mjs').Subject, zh?: import('./screenshots.mjs').Subject }[]}
 */
export const PICTURES = [];
