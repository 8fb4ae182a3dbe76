import { raw } from '#formats/raw';
import type { Format } from '#registry';

/** The formats of this server. A new format is its folder and one line here. */
export const formats: readonly Format[] = [
  raw,
];
