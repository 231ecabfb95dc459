/** The contracts of every part, for the page: types of its answers. */
export * from '../app-control/contract.ts';
export * from '../bans/contract.ts';
export * from '../content/contract.ts';
export * from '../dns/contract.ts';
export * from '../exposure/contract.ts';
export * from '../integrity/contract.ts';
export * from '../intelligence/sources-contract.ts';
export * from '../inventory/contract.ts';
export * from '../journal/contract.ts';
export * from '../memory/contract.ts';
export * from '../protections/contract.ts';
export * from '../quarantine/contract.ts';
export * from '../response/contract.ts';
export * from '../rootkit/contract.ts';
export * from '../scanning/contract.ts';
export * from '../segmentation/contract.ts';
export * from './contract.ts';
