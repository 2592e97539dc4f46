import { reasonsOf } from '../model/reason.ts';

export const MIRROR = reasonsOf('mirror', {
  copied: ['mirrored', 'A rule of the Mirror document copies this request.'],
  isCopy: ['mirror-copy', 'The request is a copy itself: not copied again, and no cookie for it.'],
});
