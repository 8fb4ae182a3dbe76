import { maven } from '#formats/maven';
import { npm } from '#formats/npm';
import { oci } from '#formats/oci';
import { pypi } from '#formats/pypi';
import { raw } from '#formats/raw';
import type { Format } from '#registry';

/** The formats of this server. A new format is its folder and one line here. */
export const formats: readonly Format[] = [npm, oci, maven, pypi, raw];
