/** Branded ids: a plain string or number becomes one only through the parsers below. */
declare const brand: unique symbol;
type Branded<T, B extends string> = T & { readonly [brand]: B };

export type CityId = Branded<string, 'CityId'>;
export type IdcId = Branded<string, 'IdcId'>;
export type ZoneId = Branded<string, 'ZoneId'>;
export type GroupId = Branded<string, 'GroupId'>;
export type AppId = Branded<string, 'AppId'>;
/** 0 … count-1. */
export type ShardId = Branded<number, 'ShardId'>;
/** Number of a published rule set; only ever grows. */
export type Epoch = Branded<number, 'Epoch'>;

/** Names travel in cookies, headers and metrics, so they hold no dot, comma or quote. */
export const NAME_PATTERN = /^[A-Za-z][A-Za-z0-9-]{0,31}$/;
export const NAME_RULE = 'a letter, then at most 31 letters, digits or hyphens';

const isName = (text: string): boolean => NAME_PATTERN.test(text);

export const parseCityId = (text: string): CityId | null =>
  isName(text) ? (text as CityId) : null;
export const parseIdcId = (text: string): IdcId | null => (isName(text) ? (text as IdcId) : null);
export const parseZoneId = (text: string): ZoneId | null =>
  isName(text) ? (text as ZoneId) : null;
export const parseGroupId = (text: string): GroupId | null =>
  isName(text) ? (text as GroupId) : null;
export const parseAppId = (text: string): AppId | null => (isName(text) ? (text as AppId) : null);

/** @returns null when `value` is not a whole number in 0 … count-1. */
export const parseShardId = (value: number, count: number): ShardId | null =>
  Number.isInteger(value) && value >= 0 && value < count ? (value as ShardId) : null;

/** @returns null when `value` is not a whole number in 0 … 2^53-1. */
export const parseEpoch = (value: number): Epoch | null =>
  Number.isSafeInteger(value) && value >= 0 ? (value as Epoch) : null;
