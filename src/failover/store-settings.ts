/** Where the fleet's board is kept, as declared. Paths are absolute by now. */
export type StoreSettings =
  | { readonly kind: 'file'; readonly directory: string }
  | ({ readonly kind: 'redis' } & RedisSettings);

export interface RedisSettings {
  readonly mode: 'single' | 'sentinel' | 'cluster';
  /** Of the server, of the sentinels, or of some nodes of the cluster. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  /** Name of the master that the sentinels watch; null in other modes. */
  readonly sentinelName: string | null;
  readonly username: string | null;
  readonly passwordFile: string | null;
  readonly sentinelPasswordFile: string | null;
  readonly tls: {
    readonly caFile: string | null;
    readonly certFile: string | null;
    readonly keyFile: string | null;
    readonly serverName: string | null;
  } | null;
  /** First part of every key; one per fleet. */
  readonly prefix: string;
  /** So many copies are waited for after a commit; 0: none. */
  readonly replicas: number;
}
