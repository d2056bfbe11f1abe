/** Image uploads: multipart with the field `image`, at most 8 MB, a PNG or JPEG. */
import { badRequest, invalid, tooLarge } from '../errors.ts';
import type { ApiContext } from './context.ts';

const MAX_IMAGE_BYTES = 8 * 1024 * 1024;

/** The refusal, or undefined when the upload is acceptable. The picture itself is not kept. */
export async function readImage(context: ApiContext): Promise<Response | undefined> {
  const contentType = context.req.header('content-type') ?? '';
  if (!contentType.startsWith('multipart/form-data'))
    return badRequest('Content type must be multipart/form-data');
  let image: FormDataEntryValue | null;
  try {
    image = (await context.req.raw.formData()).get('image');
  } catch {
    return badRequest('Failed to read multipart body');
  }
  if (image === null || typeof image === 'string') {
    return invalid([{ resource: 'image', field: 'image', code: 'missing_field', message: 'must be a file' }]);
  }
  if (image.size > MAX_IMAGE_BYTES) return tooLarge();
  if (await isPicture(image)) return undefined;
  return invalid([{ resource: 'image', field: 'image', code: 'invalid', message: 'must be a PNG or JPEG' }]);
}

const SIGNATURES = [
  [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  [0xff, 0xd8, 0xff],
];

async function isPicture(file: Blob): Promise<boolean> {
  const start = new Uint8Array(await file.slice(0, 8).arrayBuffer());
  return SIGNATURES.some((signature) => signature.every((byte, index) => start[index] === byte));
}
