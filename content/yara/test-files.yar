// Files that exist to test scanners. They do no harm.
// The EICAR pattern stands in hexadecimal, so that other scanners do not take these rules for the file.

rule redoubt_eicar_test_file
{
  meta:
    judgement = "malicious"
    confidence = 100
    title = "EICAR test file"
    title_zh = "EICAR 测试文件"
    description = "the test file that every scanner must find, as EICAR defines it"
    description_zh = "EICAR 定义的标准测试文件，所有扫描器都必须发现"
    reference = "https://www.eicar.org/download-anti-malware-testfile/"
  strings:
    $eicar = { 58 35 4F 21 50 25 40 41 50 5B 34 5C 50 5A 58 35 34 28 50 5E 29 37 43 43 29 37 7D 24 45 49 43 41 52 2D 53 54 41 4E 44 41 52 44 2D 41 4E 54 49 56 49 52 55 53 2D 54 45 53 54 2D 46 49 4C 45 21 24 48 2B 48 2A }
  condition:
    $eicar at 0 and filesize <= 128
}

rule redoubt_marker_malicious
{
  meta:
    judgement = "malicious"
    confidence = 100
    title = "Redoubt's own test marker"
    title_zh = "Redoubt 自有测试标记"
    description = "a marker string that Redoubt's tests and drills place to be found"
    description_zh = "Redoubt 的测试与演练放置的标记字符串"
  strings:
    $kind = "REDOUBT-SCAN-TEST-MARKER-MALICIOUS-7d1c5e0a" ascii wide
  condition:
    $kind
}

rule redoubt_marker_suspicious
{
  meta:
    judgement = "suspicious"
    confidence = 60
    title = "Redoubt's own test marker (suspicious)"
    title_zh = "Redoubt 自有测试标记（可疑）"
    description = "a marker string that Redoubt's tests and drills place to be found"
    description_zh = "Redoubt 的测试与演练放置的标记字符串"
  strings:
    $kind = "REDOUBT-SCAN-TEST-MARKER-SUSPICIOUS-7d1c5e0a" ascii wide
  condition:
    $kind
}
