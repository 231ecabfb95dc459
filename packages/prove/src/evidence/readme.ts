/** The text in every container that says how to open it without Redoubt. */

/** @param encrypted whether the segments are encrypted with age */
export function readmeText(encrypted: boolean): string {
  const how = encrypted
    ? 'age -d -i KEY.txt SEGMENT.tar.zst.age | zstd -d | tar -x'
    : 'zstd -d < SEGMENT.tar.zst | tar -x';
  return `Evidence collected by Redoubt (壁垒).

This container is a tar archive. Each segment holds what one step collected:
  ${how}
The last member of a segment, members.jsonl, names every member with its SHA-256.
manifest.json names every segment with its SHA-256; manifest.sig signs it (Ed25519 over
"Redoubt evidence manifest, version 1\\nsha256 HEX\\n", HEX being the manifest's SHA-256).
custody.log is the chain of custody: JSON, tab, signature; each line names the SHA-256 of the JSON before it.
Verify:  redoubt evidence verify FILE

本容器为 tar 归档，每个分段是一个步骤收集的内容，可用上面的命令打开；分段末尾的 members.jsonl
列出每个成员及其 SHA-256。manifest.json 列出每个分段的 SHA-256，manifest.sig 为其签名；
custody.log 为监管链。校验：redoubt evidence verify FILE
`;
}
