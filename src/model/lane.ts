/**
 * A way of its own through a zone: a load test's, or that of users who try a release first. Nearly
 * all requests are on none.
 */
export interface Lane {
  readonly kind: 'stress' | 'gray';
  /** Of the scene, or of the gray rule: a name (`NAME_PATTERN`). */
  readonly name: string;
}
