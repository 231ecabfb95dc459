/** nftables: tables of our own, changed in one transaction, never anybody else's. */
export { addressSets, elementLines, familyOf, type TimedAddress } from './addresses.ts';
export {
  filterTrouble,
  NftError,
  type NftObject,
  type PacketFilter,
  packetCounters,
  packetFilter,
  type TableName,
} from './nft.ts';
