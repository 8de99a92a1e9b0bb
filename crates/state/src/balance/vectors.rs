//! What HAProxy 3.5 chose (2.6 for `leastconn`): recorded by sending it requests one after the other.
//!
//! A letter is a server, `-` an answer 503. A script is made of `N` (so many requests without a key), `kN` (one
//! request for each of `key-0` to `key-(N-1)`), and changes: `a=5` weight, `a!` maintenance, `a~` drain, `a+` ready.

/// One recorded run.
pub(super) struct Case {
    /// Algorithm and options, or the arguments of `hash-type`.
    pub(super) balance: &'static str,
    /// The servers' weights.
    pub(super) weights: &'static [u32],
    /// How many of them, from the last, are backups.
    pub(super) backups: usize,
    /// Numeric ids, if not counted from 1.
    pub(super) puids: &'static [u32],
    /// What was done.
    pub(super) script: &'static str,
    /// Who was chosen.
    pub(super) picks: &'static str,
}

/// `balance roundrobin`, weights, health and administrative states changing on the way.
pub(super) const ROUND_ROBIN: &[Case] = &[
    Case { balance: "roundrobin", weights: &[1, 1, 1], backups: 0, puids: &[], script: "100", picks: "abcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabca" },
    Case { balance: "roundrobin", weights: &[1, 2, 3], backups: 0, puids: &[], script: "100", picks: "cbcacbcbcacbcbcacbcbcacbcbcacbcbcacbcbcacbcbcacbcbcacbcbcacbcbcacbcbcacbcbcacbcbcacbcbcacbcbcacbcbca" },
    Case { balance: "roundrobin", weights: &[5, 1, 1], backups: 0, puids: &[], script: "100", picks: "aaabaacaaabaacaaabaacaaabaacaaabaacaaabaacaaabaacaaabaacaaabaacaaabaacaaabaacaaabaacaaabaacaaabaacaa" },
    Case { balance: "roundrobin", weights: &[10, 20, 30, 40], backups: 0, puids: &[], script: "100", picks: "dcdbcdadcbdcdbcdadcbdcdbcdadcbdcdbcdadcbdcdbcdadcbdcdbcdadcbdcdbcdadcbdcdbcdadcbdcdbcdadcbdcdbcdadcb" },
    Case { balance: "roundrobin", weights: &[256, 1, 100], backups: 0, puids: &[], script: "100", picks: "aaacaacaaacaacaaacaaacaacaaacaacaaacaacaaacaacaaacaacaaacaaacaacaaacaacaaacaacaaacaabacaacaaacaacaaa" },
    Case { balance: "roundrobin", weights: &[3, 7, 11, 13, 17], backups: 0, puids: &[], script: "100", picks: "edcedbecdeacebdecdebcdeedcbeadcedebcedecdbecdaeedcbedcedbecdeacebdecdebcdeedcbeadcedebcedecdbecdaeed" },
    Case { balance: "roundrobin", weights: &[2, 0, 3], backups: 0, puids: &[], script: "100", picks: "ccacaccacaccacaccacaccacaccacaccacaccacaccacaccacaccacaccacaccacaccacaccacaccacaccacaccacaccacaccaca" },
    Case { balance: "roundrobin", weights: &[7], backups: 0, puids: &[], script: "100", picks: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
    Case { balance: "roundrobin", weights: &[1, 2, 3], backups: 0, puids: &[], script: "7 b=5 20 a! 10 a+ 15 c=0 10 c=4 25 b~ 9 b+ a=100 30", picks: "cbcacbcbcabcbbcbbcabcbbcbbcbcbbcbbcbcbbcbcbabcbbcbcbabbbbbabbbbcabcbcbcbbcabcbcbcbbcabccaccccacccabaaaaaaaaaaaaaaaaaaaaabaaaca" },
    Case { balance: "roundrobin", weights: &[3, 100, 1, 2], backups: 0, puids: &[], script: "9 a=4 9 b+ 7 a+ 7 a=1 1 d=1 9 b=7 9 a+ 3 a=30 6 a=30 1 b+ 7 c+ 6 c=2 2 c! 8 c=30 25", picks: "bbbbbbbbbbbbbbbbdbbbbbbbbbbbbbbcbbbbbbbbbbbbbbbbbbbbbbaaaaaaaabaaaaabaaaabaaaabaaaabaaaaabaaaabaaaabaaaabaaaa" },
    Case { balance: "roundrobin", weights: &[3, 50, 3, 256, 100], backups: 0, puids: &[], script: "1 a! 6 c+ 8 a+ 2 a! 8 c! 1 d+ 2 d! 3 b+ 2 b+ 5 b! 7 c=7 3 a=2 4 a=30 5 c+ 25", picks: "ddeddbdeddeddbdeddeddbdeddedbeebeebeebeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeceeeeeeeeeee" },
    Case { balance: "roundrobin", weights: &[50, 3, 1, 256], backups: 0, puids: &[], script: "9 d+ 2 d=200 4 a=7 2 c=30 1 b! 1 a+ 3 c! 8 a+ 8 d=1 2 c+ 3 a! 3 a=30 5 c=4 9 c+ 25", picks: "dddddadddddaddddbddddddddddddddddddddddacccccccccccccdccccdcccccdcccccdcccccdccccccdc" },
    Case { balance: "roundrobin", weights: &[5, 100, 5], backups: 0, puids: &[], script: "4 c=7 1 b=4 6 b! 2 a+ 4 b+ 1 b=200 2 b+ 3 b=200 7 b=7 3 a=1 8 c+ 8 c+ 9 a=1 9 c=7 25", picks: "bbbbbaababaacaccabbbbbbbcbabbbbbbbbabbbccbcbcabccbcbccbcbcabccbcbccbcbcabccbcbccbcbcabccbcbc" },
    Case { balance: "roundrobin", weights: &[1, 10, 5], backups: 0, puids: &[], script: "5 c! 5 c=7 6 b+ 7 c=30 9 c=7 1 a+ 2 c+ 9 c+ 1 a=2 2 c=7 2 b+ 9 a+ 9 c=30 9 b+ 25", picks: "bbcbbabbbbbbbbbbabbbbbbbbbbabbbbbbbbcbabcbcbcbbcbcbbcabcbbcbcbacbbcbccccbacccbcccbcccbccbccccbacccbcc" },
    Case { balance: "roundrobin", weights: &[100, 2, 100], backups: 0, puids: &[], script: "8 b=200 7 a! 2 a! 3 b=7 2 b=2 3 c+ 6 b! 2 c! 9 b=7 7 b! 9 a=1 2 b=1 5 a! 7 a+ 25", picks: "acacacacabcbabcbbcbbccccccccccccc---------------------------------------aaaaaaaaaaaaaaaaaaaaaaaaa" },
    Case { balance: "roundrobin", weights: &[1, 2, 3, 2, 3], backups: 2, puids: &[], script: "5 a! 7 a+ 11 c! 5 b! 3 a! 6 d! 6 d+ 4 c+ 4", picks: "cbcacbcbcbccbcbccabcbccabbabaaaddddddeeeeeeddddcccc" },
    Case { balance: "roundrobin allbackups", weights: &[1, 2, 3, 2, 3], backups: 2, puids: &[], script: "5 a! 7 a+ 11 c! 5 b! 3 a! 6 d! 6 d+ 4 c+ 4", picks: "cbcacbcbcbccbcbccabcbccabbabaaaeededeeeeeeeedeecccc" },
];

/// `balance static-rr` and `balance first`.
pub(super) const STATIC_AND_FIRST: &[Case] = &[
    Case { balance: "static-rr", weights: &[1, 1, 1], backups: 0, puids: &[], script: "100", picks: "abcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabca" },
    Case { balance: "static-rr", weights: &[1, 2, 3], backups: 0, puids: &[], script: "100", picks: "acbcbcacbcbcacbcbcacbcbcacbcbcacbcbcacbcbcacbcbcacbcbcacbcbcacbcbcacbcbcacbcbcacbcbcacbcbcacbcbcacbc" },
    Case { balance: "static-rr", weights: &[5, 1, 1], backups: 0, puids: &[], script: "100", picks: "aaabaacaaabaacaaabaacaaabaacaaabaacaaabaacaaabaacaaabaacaaabaacaaabaacaaabaacaaabaacaaabaacaaabaacaa" },
    Case { balance: "static-rr", weights: &[10, 20, 30, 40], backups: 0, puids: &[], script: "100", picks: "abdcdbcdcdabdcdbcdcdabdcdbcdcdabdcdbcdcdabdcdbcdcdabdcdbcdcdabdcdbcdcdabdcdbcdcdabdcdbcdcdabdcdbcdcd" },
    Case { balance: "static-rr", weights: &[256, 1, 100], backups: 0, puids: &[], script: "100", picks: "aaacaaacaacaaacaacaaacaacaaacaabcaacaaacaacaaacaacaaacaaacaacaaacaacaaacaacaaacaaacaacaaacaacaaacaac" },
    Case { balance: "static-rr", weights: &[3, 7, 11, 13, 17], backups: 0, puids: &[], script: "100", picks: "abedcecdebcdecedaebdebcdecedcebdeacdebedcecdebcdedeabedcecdebcdecedaebdebcdecedcebdeacdebedcecdebcde" },
    Case { balance: "static-rr", weights: &[2, 0, 3], backups: 0, puids: &[], script: "100", picks: "acaccacaccacaccacaccacaccacaccacaccacaccacaccacaccacaccacaccacaccacaccacaccacaccacaccacaccacaccacacc" },
    Case { balance: "static-rr", weights: &[7], backups: 0, puids: &[], script: "100", picks: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
    Case { balance: "static-rr", weights: &[1, 2, 3, 2, 3], backups: 2, puids: &[], script: "5 a! 7 a+ 11 c! 5 b! 3 a! 6 d! 6 d+ 4 c+ 4", picks: "acbcbbcbccbcbcbcacbcbcabbabbaaaedededeeeeeeededcccc" },
    Case { balance: "static-rr allbackups", weights: &[1, 2, 3, 2, 3], backups: 2, puids: &[], script: "5 a! 7 a+ 11 c! 5 b! 3 a! 6 d! 6 d+ 4 c+ 4", picks: "acbcbbcbccbcbcbcacbcbcabbabbaaaedeedeeeeeeedeedcccc" },
    Case { balance: "first", weights: &[1, 2, 3, 2, 3], backups: 2, puids: &[], script: "5 a! 7 a+ 11 c! 5 b! 3 a! 6 d! 6 d+ 4 c+ 4", picks: "aaaaabbbbbbbaaaaaaaaaaaaaaaaaaaddddddeeeeeeddddcccc" },
    Case { balance: "first allbackups", weights: &[1, 2, 3, 2, 3], backups: 2, puids: &[], script: "5 a! 7 a+ 11 c! 5 b! 3 a! 6 d! 6 d+ 4 c+ 4", picks: "aaaaabbbbbbbaaaaaaaaaaaaaaaaaaaddddddeeeeeeddddcccc" },
    Case { balance: "first", weights: &[1, 1, 1], backups: 0, puids: &[30, 10, 20], script: "4 b! 3 c! 3 b+ 3", picks: "bbbbcccaaabbb" },
];

/// `balance leastconn`, one request at a time: HAProxy 2.6, since later versions break ties at random.
pub(super) const LEASTCONN: &[Case] = &[
    Case { balance: "leastconn", weights: &[1, 1, 1], backups: 0, puids: &[], script: "40", picks: "abcabcabcabcabcabcabcabcabcabcabcabcabca" },
    Case { balance: "leastconn", weights: &[1, 2, 3], backups: 0, puids: &[], script: "40", picks: "abcabcabcabcabcabcabcabcabcabcabcabcabca" },
    Case { balance: "leastconn", weights: &[5, 1, 1], backups: 0, puids: &[], script: "40", picks: "abcabcabcabcabcabcabcabcabcabcabcabcabca" },
    Case { balance: "leastconn", weights: &[10, 20, 30, 40], backups: 0, puids: &[], script: "40", picks: "abcdabcdabcdabcdabcdabcdabcdabcdabcdabcd" },
    Case { balance: "leastconn", weights: &[256, 1, 100], backups: 0, puids: &[], script: "40", picks: "abcabcabcabcabcabcabcabcabcabcabcabcabca" },
    Case { balance: "leastconn", weights: &[3, 7, 11, 13, 17], backups: 0, puids: &[], script: "40", picks: "abcdeabcdeabcdeabcdeabcdeabcdeabcdeabcde" },
    Case { balance: "leastconn", weights: &[2, 0, 3], backups: 0, puids: &[], script: "40", picks: "acacacacacacacacacacacacacacacacacacacac" },
    Case { balance: "leastconn", weights: &[7], backups: 0, puids: &[], script: "40", picks: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
    Case { balance: "leastconn", weights: &[1, 2, 3], backups: 0, puids: &[], script: "7 b=5 20 a! 10 a+ 15 c=0 10 c=4 25 b~ 9 b+ a=100 30", picks: "abcabcacabcabcabcabcabcabcabcbcbcbcbcbcabcabcabcabcababababababacbacbacbacbacbacbacbacbacacacacacbacbacbacbacbacbacbacbacbacba" },
    Case { balance: "leastconn", weights: &[1, 2, 3, 2, 3], backups: 2, puids: &[], script: "5 a! 7 a+ 11 c! 5 b! 3 a! 6 d! 6 d+ 4 c+ 4", picks: "abcabcbcbcbcbcabcabcabcababaaaaddddddeeeeeeddddcccc" },
    Case { balance: "leastconn allbackups", weights: &[1, 2, 3, 2, 3], backups: 2, puids: &[], script: "5 a! 7 a+ 11 c! 5 b! 3 a! 6 d! 6 d+ 4 c+ 4", picks: "abcabcbcbcbcbcabcabcabcababaaaadededeeeeeeeededcccc" },
];

/// Hashes of `key-0`, `key-1`, ... and requests without a key.
pub(super) const HASH: &[Case] = &[
    Case { balance: "map-based", weights: &[1, 2, 3], backups: 0, puids: &[], script: "k48", picks: "bcbcacbcbccacbcbcacbacbcbcacbccbcbcacbcbbcbcacbc" },
    Case { balance: "map-based", weights: &[10, 20, 30, 40], backups: 0, puids: &[], script: "k48", picks: "dbcdcdabdcbdcdbcdcdaabdcdbcdcddabdcdbcdccdabdcdb" },
    Case { balance: "map-based sdbm", weights: &[1, 2, 3], backups: 0, puids: &[], script: "k48", picks: "bcbcacbcbccacbcbcacbacbcbcacbccbcbcacbcbbcbcacbc" },
    Case { balance: "map-based sdbm", weights: &[10, 20, 30, 40], backups: 0, puids: &[], script: "k48", picks: "dbcdcdabdcbdcdbcdcdaabdcdbcdcddabdcdbcdccdabdcdb" },
    Case { balance: "map-based djb2", weights: &[1, 2, 3], backups: 0, puids: &[], script: "k48", picks: "cacbcbcacbbcacbcbcaccbcbcacbcbbcacbcbcaccbcbcacb" },
    Case { balance: "map-based djb2", weights: &[10, 20, 30, 40], backups: 0, puids: &[], script: "k48", picks: "bcdcdabdcddbcdcdabdcdcdabdcdbcabdcdbcdcdcdbcdcda" },
    Case { balance: "map-based wt6", weights: &[1, 2, 3], backups: 0, puids: &[], script: "k48", picks: "ccccaabbccccccccccccccccccccccababbbbbabcccccccc" },
    Case { balance: "map-based wt6", weights: &[10, 20, 30, 40], backups: 0, puids: &[], script: "k48", picks: "cccdaccddddddddddddddcdcdcdcbbacacdadaacdbcdbbdd" },
    Case { balance: "map-based crc32", weights: &[1, 2, 3], backups: 0, puids: &[], script: "k48", picks: "ababccccababbaccccbaccccbbbbccababccccabccccbbbb" },
    Case { balance: "map-based crc32", weights: &[10, 20, 30, 40], backups: 0, puids: &[], script: "k48", picks: "acacbbddcddaddddbcccbdcbadccdddadcdcccdcbddddcdc" },
    Case { balance: "map-based sdbm avalanche", weights: &[1, 2, 3], backups: 0, puids: &[], script: "k48", picks: "bacbccbcbbbacbaccbabbacbcccacbabbbcccbbcbccccbcc" },
    Case { balance: "map-based sdbm avalanche", weights: &[10, 20, 30, 40], backups: 0, puids: &[], script: "k48", picks: "ccbddcdbcddcdacbbacdcdbdbddadcccdadcdccdccbdbcdc" },
    Case { balance: "map-based djb2 avalanche", weights: &[1, 2, 3], backups: 0, puids: &[], script: "k48", picks: "bcaabbccabcbccbaaccccacbbcbccbcbcabcbbbacbbbccca" },
    Case { balance: "map-based djb2 avalanche", weights: &[10, 20, 30, 40], backups: 0, puids: &[], script: "k48", picks: "abdcddbbdddcbbacdddbbdcdccdcbdbabacdcdcabdadbdba" },
    Case { balance: "map-based wt6 avalanche", weights: &[1, 2, 3], backups: 0, puids: &[], script: "k48", picks: "cbccccbcaabcbbcbacaacbbcbbcbbcabcaccccbbcccaaaac" },
    Case { balance: "map-based wt6 avalanche", weights: &[10, 20, 30, 40], backups: 0, puids: &[], script: "k48", picks: "dcbddbdbdccdddbdddccbaccadbdaccccddbdcccddcadcdc" },
    Case { balance: "map-based crc32 avalanche", weights: &[1, 2, 3], backups: 0, puids: &[], script: "k48", picks: "bbcaacacacbcacbbccccbaccabcbcbccacacabcbccccabba" },
    Case { balance: "map-based crc32 avalanche", weights: &[10, 20, 30, 40], backups: 0, puids: &[], script: "k48", picks: "adbaabdbcdddcdcddddddabcddccdddbccdddadadcbccdcd" },
    Case { balance: "map-based", weights: &[1, 2, 3], backups: 0, puids: &[], script: "40", picks: "acbcbcacbcbcacbcbcacbcbcacbcbcacbcbcacbc" },
    Case { balance: "map-based", weights: &[1, 2, 3, 2, 3], backups: 2, puids: &[], script: "k16 b! k16 b+ a! k16 c! b! k16 d! k16", picks: "bcbcacbcbccacbcbccacccaccccccacccbcbccbcbccbccbcddddddddddddddddeeeeeeeeeeeeeeee" },
    Case { balance: "map-based", weights: &[2, 0, 3], backups: 0, puids: &[], script: "k20", picks: "cacaccacaccaccacacca" },
    Case { balance: "map-based", weights: &[1, 1, 2, 1], backups: 0, puids: &[40, 7, 9000, 3], script: "k48", picks: "dabccdabccbccdabccdaabccdabccddabccdabcccdabccda" },
    Case { balance: "consistent", weights: &[1, 2, 3], backups: 0, puids: &[], script: "k48", picks: "abbabacbcccbbabccbbbbcbbbbbcbcacacbabccaccbacabc" },
    Case { balance: "consistent", weights: &[10, 20, 30, 40], backups: 0, puids: &[], script: "k48", picks: "dcccdccbdbcabccddddbdccdaacbcdbbbddbcdddddbbcdbc" },
    Case { balance: "consistent sdbm", weights: &[1, 2, 3], backups: 0, puids: &[], script: "k48", picks: "cccccccccccccccccccccccccccccccccccccccccccccccc" },
    Case { balance: "consistent sdbm", weights: &[10, 20, 30, 40], backups: 0, puids: &[], script: "k48", picks: "ccccccccccdddddddddddddddddddddddddddddddddddddd" },
    Case { balance: "consistent djb2", weights: &[1, 2, 3], backups: 0, puids: &[], script: "k48", picks: "cccccccccccccccccccccccccccccccccccccccccccccccc" },
    Case { balance: "consistent djb2", weights: &[10, 20, 30, 40], backups: 0, puids: &[], script: "k48", picks: "dddddddddddddddddddddddddddddddddddddddddddddddd" },
    Case { balance: "consistent wt6", weights: &[1, 2, 3], backups: 0, puids: &[], script: "k48", picks: "ccacccaccccababccbbcababcbcbcacababcccbcabaccaca" },
    Case { balance: "consistent wt6", weights: &[10, 20, 30, 40], backups: 0, puids: &[], script: "k48", picks: "dccdddadbdadddacddddbdddcaacdabddbcbdddcbbbcbdda" },
    Case { balance: "consistent crc32", weights: &[1, 2, 3], backups: 0, puids: &[], script: "k48", picks: "bcbcbcbbcccbcccccaaaccbbbacbacccbcaccbbcacbcaabc" },
    Case { balance: "consistent crc32", weights: &[10, 20, 30, 40], backups: 0, puids: &[], script: "k48", picks: "badcbaccbdbddccbbddbdcddcddddcdcbaddcbbdaddcbcdc" },
    Case { balance: "consistent sdbm avalanche", weights: &[1, 2, 3], backups: 0, puids: &[], script: "k48", picks: "abbabacbcccbbabccbbbbcbbbbbcbcacacbabccaccbacabc" },
    Case { balance: "consistent sdbm avalanche", weights: &[10, 20, 30, 40], backups: 0, puids: &[], script: "k48", picks: "dcccdccbdbcabccddddbdccdaacbcdbbbddbcdddddbbcdbc" },
    Case { balance: "consistent djb2 avalanche", weights: &[1, 2, 3], backups: 0, puids: &[], script: "k48", picks: "cbabccbbabbacccccccabaccbcacabacbbccaaaccccbcbcb" },
    Case { balance: "consistent djb2 avalanche", weights: &[10, 20, 30, 40], backups: 0, puids: &[], script: "k48", picks: "bbcdcbcbdbcdcdbbbdcbdbddccbccbdbacdcdcaddcccdccb" },
    Case { balance: "consistent wt6 avalanche", weights: &[1, 2, 3], backups: 0, puids: &[], script: "k48", picks: "ccaabcbbcbbcaccaccbbcccccccbccbcccccbbcccccbcbbb" },
    Case { balance: "consistent wt6 avalanche", weights: &[10, 20, 30, 40], backups: 0, puids: &[], script: "k48", picks: "ddbcabddddcdacccbdcddcdaadbccdbbddddcbbcddddccdb" },
    Case { balance: "consistent crc32 avalanche", weights: &[1, 2, 3], backups: 0, puids: &[], script: "k48", picks: "ccccbbcbcccbbccccacacbbccbcaccbbccabbbaccccbcccc" },
    Case { balance: "consistent crc32 avalanche", weights: &[10, 20, 30, 40], backups: 0, puids: &[], script: "k48", picks: "ddcdbdbdbddadbdbddcdbcdbddbcbbdddddcddccdbaddddc" },
    Case { balance: "consistent", weights: &[1, 2, 3], backups: 0, puids: &[], script: "40", picks: "cccccccccccbacacabcaacabbcccaccbcccabcbc" },
    Case { balance: "consistent", weights: &[1, 2, 3, 2, 3], backups: 2, puids: &[], script: "k16 b! k16 b+ a! k16 c! b! k16 d! k16", picks: "abbabacbcccbbabcaacacacccccccaccbbbbbbcbcccbbcbcddddddddddddddddeeeeeeeeeeeeeeee" },
    Case { balance: "consistent", weights: &[2, 0, 3], backups: 0, puids: &[], script: "k20", picks: "aaaaaacccccacacccaaa" },
    Case { balance: "consistent", weights: &[1, 1, 2, 1], backups: 0, puids: &[40, 7, 9000, 3], script: "k48", picks: "caabbddcddcaccbaabbbabdcccdcaacbccacadcccabccbcd" },
    Case { balance: "consistent", weights: &[10, 20, 30], backups: 0, puids: &[], script: "k24 a=50 k24 c=3 k24", picks: "accccccbcbcabccbbbbbccccacccaacbabcaaccbbbabccccabaaaaababbaaabbbbabaabb" },
];

/// Keys that are numbers already, for `hash-type ... none`.
pub(super) const NUMBERS: &[&str] = &[
    "0", "1", "2", "3", "5", "7", "123456789", "4294967295", "4294967296", "4294967301", "-1", "+7", "abc", "12ab", "99999999999999999999", "0", "2654435761", "5308871522", "7963307283", "10617743044", "13272178805", "15926614566", "18581050327", "21235486088", "23889921849", "26544357610", "29198793371", "31853229132", "34507664893", "37162100654", "39816536415", "42470972176", "45125407937", "47779843698", "50434279459",
];

/// What a hash of each of [`NUMBERS`] chooses among weights 1, 2 and 3.
pub(super) const NUMBERED: &[(&str, &str)] = &[
    ("map-based none", "acbcccccacccaacacbcbcacbcbcbcacbcbc"),
    ("map-based none avalanche", "cbbbabcacaabccacacbcbcbbcbcaabcbccc"),
    ("consistent none", "ccccccccccccccccccabcacbbcacccccbac"),
    ("consistent none avalanche", "cccbbbbbcbbbcabcccccbbbbbcbcaccacca"),
];

/// `hash-key`: five servers at different addresses, weights 1, 2, 3, 4 and 2, `hash-type consistent`, 48 keys.
pub(super) const HASH_KEYS: &[(&str, &str)] = &[
    ("id", "debaedcbccdddabcebbbbdbbbeecbcaeaeeaeecacceaeabc"),
    ("addr", "cddcadbcadcdebbdccddceedccdcddebdddddcdcddccdddb"),
    ("addr-port", "eddeccddecdddcdcdbdcebbdddbdccbeecdebedcadbbbbdd"),
    ("id32", "ddedbdccdedbeddbddceadccdccdbbbdaeeaddcdacdceede"),
    ("guid", "cddaccdebadddddddadcaaeeaeecdbebdcdcdcecbcbbcccd"),
];

/// `balance source`, weights 1, 2 and 3: addresses, map-based picks, consistent picks.
pub(super) const SOURCES: (&[&str], &str, &str) = (
    &["10.0.0.0", "10.1.7.37", "10.2.14.74", "10.3.21.111", "10.4.28.148", "10.5.35.185", "10.6.42.222", "10.7.49.3", "10.8.56.40", "10.9.63.77", "10.10.70.114", "10.11.77.151", "10.12.84.188", "10.13.91.225", "10.14.98.6", "10.15.105.43", "10.16.112.80", "10.17.119.117", "10.18.126.154", "10.19.133.191", "10.20.140.228", "10.21.147.9", "10.22.154.46", "10.23.161.83", "10.24.168.120", "10.25.175.157", "10.26.182.194", "10.27.189.231", "10.28.196.12", "10.29.203.49", "2001:db8:0::0", "2001:db8:1::4d", "2001:db8:2::9a", "2001:db8:3::e7", "2001:db8:4::134", "2001:db8:5::181", "2001:db8:6::1ce", "2001:db8:7::21b", "2001:db8:8::268", "2001:db8:9::2b5", "2001:db8:a::302", "2001:db8:b::34f", "2001:db8:c::39c", "2001:db8:d::3e9", "2001:db8:e::436", "2001:db8:f::483", "2001:db8:10::4d0", "2001:db8:11::51d", "2001:db8:12::56a", "2001:db8:13::5b7", "::ffff:10.1.2.3"],
    "bcbcbcbcacacacbcbcbcbcbcbcbcacbcbcacbcacacbcacacbca",
    "ccacaccacabcccbbacccbbccaacabcccbcccaacacbcbcaccccc",
);

/// `balance hdr(...) use_domain_only`, weights 1 to 5.
pub(super) const DOMAINS: (&[&str], &str, &str) = (
    &["www.example.com", "a.b.example.com", "example.com", "localhost", "www.haproxy.org", "x.y.z", "a.b", "10.0.0.1", "www.example.com:8080", ".com", "a..b", "foo."],
    "cccbdbddceea",
    "dddbecdeddde",
);

/// `balance uri`, weights 1 to 5.
pub(super) const URIS: (&[&str], &str, &str) = (
    &["/", "/a", "/a/b", "/a/b/c", "/a/b/c?x=1", "/a/b/c?y=2", "/index.html?q=/x/y", "/static/css/site.css", "/static/js/app.js", "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "/aaaaaaaaaaaaaaaaaaab", "http://h.example/a/b/c", "http://h.example/a/b/c?x=1", "//x//y", "/?"],
    "eadeeecdeccddce",
    "edbaaadeceeddce",
);

/// `balance uri whole` of the same.
pub(super) const URIS_WHOLE: (&str, &str) = ("eadebeddeccddcd", "edbaecdeceedecc");

/// `balance uri len 9` of the same.
pub(super) const URIS_LEN: (&str, &str) = ("eadeeeeeabbddce", "edbaaaeddddccce");

/// `balance uri depth 2` of the same.
pub(super) const URIS_DEPTH: (&str, &str) = ("eaddddccecceeee", "edbbbbdbeeeddee");

/// `balance uri path-only` of the same.
pub(super) const URIS_PATH: (&str, &str) = ("eadeeecdecceece", "edbaaadeceeaace");

/// `balance uri len 20 depth 1 whole` of the same.
pub(super) const URIS_LD: (&str, &str) = ("eaaaaaeccddcced", "edddddceeeeddec");

/// `balance url_param id`, weights 1 to 5; without the parameter in turns.
pub(super) const URL_PARAMS: (&[&str], &str, &str) = (
    &["/?id=1", "/?id=2", "/?a=b&id=1", "/?id=", "/?id=3&b=c", "/?xid=9", "/?a&id=77", "/?id=abc&id=1", "/?ida=1&id=2", "/?a=1", "/", "/?id", "/?&id=5", "/?id==7"],
    "cecacaedebedee",
    "cdcdeebadcccad",
);

/// The same in the body of a POST (`check_post`).
pub(super) const BODY_PARAMS: (&[&str], &str, &str) = (
    &["id=1", "id=2", "a=b&id=1", "id=", "id=3&b=c", "xid=9", "id=5 x", "id=5\r\n", "id=a\x01b", "id=a(b", "id=/x", "a=1", ""],
    "cecacaeebedce",
    "cdcdeeaacccdc",
);

/// Requests that came while all earlier ones were still served, or waited; then each was answered in the order in
/// which they were sent on.
pub(crate) struct Held {
    /// Algorithm, or `consistent` with a `hash-preserve-affinity`.
    pub(crate) balance: &'static str,
    /// `hash-balance-factor`.
    pub(crate) factor: u32,
    /// The servers' weights.
    pub(crate) weights: &'static [u32],
    /// Each server's `maxconn`.
    pub(crate) maxconn: u32,
    /// Whether the keys are `same` for all, `key-0`, `key-1`, ... for `each`, or none.
    pub(crate) keys: &'static str,
    /// Who served each request.
    pub(crate) picks: &'static str,
}

/// Saturation, queues, `leastconn` (HAProxy 2.6), bounded loads and affinity. A server's `maxqueue` is 1.
pub(crate) const HELD: &[Held] = &[
    Held { balance: "roundrobin", factor: 0, weights: &[3, 2, 1], maxconn: 2, keys: "", picks: "abacbcabacbc" },
    Held { balance: "static-rr", factor: 0, weights: &[3, 2, 1], maxconn: 2, keys: "", picks: "aabbccaabbcc" },
    Held { balance: "first", factor: 0, weights: &[3, 2, 1], maxconn: 2, keys: "", picks: "aabbccaabbcc" },
    Held { balance: "roundrobin", factor: 0, weights: &[1, 1, 1], maxconn: 2, keys: "", picks: "abcabcabcabc" },
    Held { balance: "static-rr", factor: 0, weights: &[1, 1, 1], maxconn: 2, keys: "", picks: "abcabcabcabc" },
    Held { balance: "first", factor: 0, weights: &[1, 1, 1], maxconn: 2, keys: "", picks: "aabbccaabbcc" },
    Held { balance: "roundrobin", factor: 0, weights: &[1, 5], maxconn: 2, keys: "", picks: "bbaabbaabbaa" },
    Held { balance: "static-rr", factor: 0, weights: &[1, 5], maxconn: 2, keys: "", picks: "abbaabbaabba" },
    Held { balance: "first", factor: 0, weights: &[1, 5], maxconn: 2, keys: "", picks: "aabbaabbaabb" },
    Held { balance: "leastconn", factor: 0, weights: &[1, 2, 3], maxconn: 0, keys: "", picks: "abccbccbcabccbcabccbcabc" },
    Held { balance: "leastconn", factor: 0, weights: &[1, 2, 3], maxconn: 4, keys: "", picks: "abccbccbab" },
    Held { balance: "leastconn", factor: 0, weights: &[1, 1, 1], maxconn: 0, keys: "", picks: "abcabcabcabcabcabcabcabc" },
    Held { balance: "leastconn", factor: 0, weights: &[1, 1, 1], maxconn: 4, keys: "", picks: "abcabcabca" },
    Held { balance: "leastconn", factor: 0, weights: &[10, 3, 7, 1], maxconn: 0, keys: "", picks: "abcdacaacacabacacabcaaca" },
    Held { balance: "leastconn", factor: 0, weights: &[10, 3, 7, 1], maxconn: 4, keys: "", picks: "abcdacaacc" },
    Held { balance: "consistent", factor: 110, weights: &[1, 2, 3], maxconn: 0, keys: "same", picks: "ccbcbcbcbccbcbcacbcbccbc" },
    Held { balance: "consistent", factor: 110, weights: &[1, 1, 1, 1], maxconn: 0, keys: "each", picks: "abdcdcbdacabbacbdcdbcdba" },
    Held { balance: "consistent", factor: 150, weights: &[1, 2, 3], maxconn: 0, keys: "same", picks: "cccbcccbcccbcccbcccbcccb" },
    Held { balance: "consistent", factor: 150, weights: &[1, 1, 1, 1], maxconn: 0, keys: "each", picks: "abdbdacbccabbacbdbdbcdba" },
    Held { balance: "consistent", factor: 300, weights: &[1, 2, 3], maxconn: 0, keys: "same", picks: "cccccccccccccccccccccccc" },
    Held { balance: "consistent", factor: 300, weights: &[1, 1, 1, 1], maxconn: 0, keys: "each", picks: "abbadacbccabbacbdbbbcdbb" },
    Held { balance: "consistent maxconn", factor: 0, weights: &[1, 2, 3], maxconn: 2, keys: "same", picks: "ccbbaabbb" },
    Held { balance: "consistent maxqueue", factor: 0, weights: &[1, 2, 3], maxconn: 1, keys: "same", picks: "ccbbaa-" },
];
