/** Image uploads: multipart with the field `image`, at most 8 MB. */
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
  return image.size > MAX_IMAGE_BYTES ? tooLarge() : undefined;
}
