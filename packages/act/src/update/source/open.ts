/** Which kind of source an address names. */
import { UpdateRefused } from '../refusal.ts';
import { DirectorySource } from './directory.ts';
import { HttpsSource } from './https.ts';
import { openOfflineFile } from './offline.ts';
import type { UpdateSource } from './source.ts';

/** Opens a source by what its address looks like: `https://…`, a folder, or an offline file. */
export async function openSource(place: string, isFolder: (path: string) => boolean): Promise<UpdateSource> {
  if (/^https:\/\//.test(place)) return new HttpsSource(place);
  if (/^[a-z]+:\/\//.test(place)) {
    throw new UpdateRefused(
      'unreachable',
      place,
      'updates are fetched over https only',
      '只能通过 https 获取更新',
    );
  }
  return isFolder(place) ? new DirectorySource(place) : openOfflineFile(place);
}
