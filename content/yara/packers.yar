// Programs that are packed. Packing hides what a program does from whoever looks at the file.

rule redoubt_elf_packed_upx
{
  meta:
    judgement = "suspicious"
    confidence = 40
    title = "Program packed by UPX"
    title_zh = "由 UPX 加壳的程序"
    description = "an ELF program with UPX's mark behind its headers and at its end; servers rarely have packed programs"
    description_zh = "ELF 程序头部之后与末尾均有 UPX 标记；服务器上很少有加壳程序"
    attack = "T1027"
  strings:
    $mark = "UPX!"
  condition:
    uint32(0) == 0x464c457f and $mark in (0 .. 1024) and $mark in (filesize - 64 .. filesize)
}
