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

rule redoubt_script_fetch_run_persist
{
  meta:
    judgement = "suspicious"
    confidence = 60
    title = "Script that fetches code, runs it and comes back by cron"
    title_zh = "下载代码执行并借助 cron 驻留的脚本"
    description = "a shell script that pipes a download into a shell and writes a cron job"
    description_zh = "Shell 脚本将下载内容直接交给 Shell 执行，并写入 cron 任务"
    attack = "T1059.004,T1053.003,T1105"
  strings:
    $pipe = /(curl|wget)[ \t][^\n|;]{1,200}\|[ \t]*(ba|da|z)?sh\b/
    $cron = /(crontab[ \t]+-|\/etc\/cron|\/var\/spool\/cron)/
    $quiet = /(history[ \t]+-c|HISTFILE=|\/dev\/shm\/|\/tmp\/\.|chattr[ \t]+\+i|pkill[ \t]+-9)/
  condition:
    uint16(0) == 0x2123 and filesize < 256KB and all of them
}

rule redoubt_ransom_note
{
  meta:
    judgement = "suspicious"
    confidence = 55
    title = "Text that demands a ransom for files"
    title_zh = "勒索信文本"
    description = "a short text that says that files were encrypted, how to pay and how to get in touch"
    description_zh = "简短文本，声称文件已被加密，并说明付款与联系方式"
    attack = "T1486"
  strings:
    $done1 = "files have been encrypted" nocase
    $done2 = "files are encrypted" nocase
    $pay = /(bitcoin|monero|btc|xmr)/ nocase fullword
    $contact = /(\.onion\b|protonmail|tutanota|onionmail|tor browser)/ nocase
    $key = /(decryptor|decryption (key|tool|software)|private key)/ nocase
  condition:
    filesize < 64KB and any of ($done*) and $pay and $contact and $key
}
