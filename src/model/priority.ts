/** What a request is worth when not all can be served: the last class is turned away first. */
export const PRIORITIES = ['critical', 'normal', 'sheddable'] as const;
export type Priority = (typeof PRIORITIES)[number];
