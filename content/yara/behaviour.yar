// Strings that together describe a behaviour. Each alone is ordinary; none of these rules knows a single sample.

rule redoubt_elf_mining_protocol
{
  meta:
    judgement = "suspicious"
    confidence = 65
    title = "Program that speaks a mining pool's protocol"
    title_zh = "使用矿池协议的程序"
    description = "an ELF program with the address scheme and the calls of the Stratum mining protocol"
    description_zh = "ELF 程序含有 Stratum 矿池协议的地址与调用"
    attack = "T1496.001"
  strings:
    $scheme = /stratum\+(tcp|ssl|tls):\/\//
    $submit = "mining.submit"
    $subscribe = "mining.subscribe"
    $login = "\"method\":\"login\""
    $algorithm = /(cryptonight|randomx|"rx\/0"|kawpow)/ nocase
  condition:
    uint32(0) == 0x464c457f and $scheme and ($algorithm or $login or ($submit and $subscribe))
}

rule redoubt_elf_preload_hiding
{
  meta:
    judgement = "suspicious"
    confidence = 65
    title = "Library that hides things from other programs"
    title_zh = "向其他程序隐藏信息的库"
    description = "an ELF library that replaces the listing of folders and knows the preload file and the kernel's tables of connections"
    description_zh = "ELF 库替换目录列举函数，并涉及预加载文件与内核连接表"
    attack = "T1014,T1574.006"
  strings:
    $preload = "/etc/ld.so.preload"
    $listing = "readdir64"
    $original = "dlsym"
    $connections = "/proc/net/tcp"
    $processes = "/proc/self/fd/%d"
  condition:
    uint32(0) == 0x464c457f and uint16(16) == 3 and $preload and $listing and $original and any of ($connections, $processes)
}
