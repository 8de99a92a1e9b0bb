//! Commands about patterns, against a map and ACLs of a configuration.

use crate::testing::Lab;

/// A map `#0`, an ACL of a file `#1`, an ACL of a line `#2`.
fn lab() -> (Lab, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    std::fs::write(path("m"), "a b\nc d e\n").unwrap();
    std::fs::write(path("n"), "10.0.0.0/8\n").unwrap();
    let text = format!(
        "defaults\n  mode http\n  timeout client 1s\n  timeout server 1s\n  timeout connect 1s\nbackend b\n  \
         http-request set-header X %[path,map({})]\n  http-request deny if {{ src -f {} }}\n  \
         http-request deny if {{ path /x }}\n",
        path("m"),
        path("n")
    );
    (Lab::new(&text), dir)
}

/// Without the numbers of entries, which nobody relies on.
fn entries(text: &str) -> Vec<String> {
    text.lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect()
}

#[test]
fn lists_and_entries() {
    let (lab, dir) = lab();
    let path = dir.path().join("m").to_string_lossy().into_owned();
    assert_eq!(
        lab.ask("show map"),
        format!(
            "# id (file) description\n0 ({path}) pattern loaded from file '{path}' used by map at file 'test.cfg' \
             line 7. curr_ver=0 next_ver=0 entry_cnt=2\n"
        )
    );
    let acls = lab.ask("show acl");
    assert!(
        acls.contains("\n2 () acl 'path' file 'test.cfg' line 9. curr_ver=0 next_ver=0 entry_cnt=1\n"),
        "{acls}"
    );
    assert_eq!(entries(&lab.ask("show map #0")), ["a b", "c d e"]);
    assert_eq!(entries(&lab.ask(&format!("show map {path}"))), ["a b", "c d e"]);
    assert_eq!(entries(&lab.ask("show acl #2")), ["/x"]);
    assert_eq!(lab.ask("show map #1"), "Unknown map identifier. Please use #<id> or <file>.\n");
    assert_eq!(lab.ask("show acl zz"), "Unknown ACL identifier. Please use #<id> or <file>.\n");
}

#[test]
fn look_ups() {
    let (lab, _dir) = lab();
    assert_eq!(
        lab.ask("get map #0 a"),
        "type=str, case=sensitive, found=yes, idx=tree, key=\"a\", value=\"b\", type=\"str\"\n"
    );
    assert_eq!(lab.ask("get map #0 z"), "type=str, case=sensitive, found=no\n");
    assert_eq!(
        lab.ask("get acl #1 10.1.2.3"),
        "type=ip, case=sensitive, match=yes, idx=tree, pattern=\"10.0.0.0/8\"\n"
    );
    assert_eq!(lab.ask("get acl #1 nonsense"), "type=ip, case=sensitive, match=no\n");
    assert_eq!(lab.ask("get map #0"), "Missing map identifier and/or key.\n");
}

#[test]
fn changes() {
    let (lab, _dir) = lab();
    assert_eq!(lab.ask("add map #0 k v"), "");
    assert_eq!(lab.ask("add map #0 <<\nx 1\ny  2 3\n"), "");
    assert_eq!(entries(&lab.ask("show map #0")), ["a b", "c d e", "k v", "x 1", "y 2 3"]);
    assert_eq!(lab.ask("add map #0 <<\nnovalue\n"), "Missing value for key 'novalue'.\n");
    assert_eq!(lab.ask("set map #0 k w"), "");
    assert_eq!(lab.ask("set map #0 none w"), "entry not found.\n");
    assert_eq!(lab.ask("del map #0 x"), "");
    assert_eq!(lab.ask("del map #0 x"), "Key not found.\n");
    let shown = lab.ask("show map #0");
    let id = shown.lines().last().unwrap().split(' ').next().unwrap().to_owned();
    assert_eq!(lab.ask(&format!("set map #0 #{id} z")), "");
    assert_eq!(entries(&lab.ask("show map #0")), ["a b", "c d e", "k w", "y z"]);
    assert_eq!(lab.ask(&format!("del map #0 #{id}")), "");
    assert_eq!(lab.ask("del map #0 #0xq"), "Malformed identifier. Please use #<id> or <file>.\n");
    assert_eq!(lab.ask("clear map #0;show map #0"), "\n");
    assert!(lab.ask("add map #0 k").starts_with("'add map' expects three parameters"));
    assert!(lab.ask("add acl #1 nonsense").ends_with(".\n"), "no address");
    assert_eq!(entries(&lab.ask("show acl #1")), ["10.0.0.0/8"]);
}

#[test]
fn transactions() {
    let (lab, _dir) = lab();
    assert_eq!(
        lab.ask("add map @1 #0 x y"),
        "Version number in the future, please use 'prepare map' before.\n"
    );
    assert_eq!(lab.ask("prepare map #0"), "New version created: 1\n");
    assert_eq!(lab.ask("add map @1 #0 x y"), "");
    assert_eq!(entries(&lab.ask("show map @1 #0")), ["x y"]);
    assert_eq!(entries(&lab.ask("show map #0")), ["a b", "c d e"]);
    assert_eq!(lab.ask("commit map #0"), "Missing version number.\n");
    assert_eq!(lab.ask("commit map @1 #0"), "");
    assert_eq!(entries(&lab.ask("show map #0")), ["x y"]);
    assert_eq!(lab.ask("commit map @1 #0"), "Version number out of range.\n");
}
