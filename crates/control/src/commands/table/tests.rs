//! Commands about a stick table.

use crate::access::Level;
use crate::testing::Lab;

fn lab() -> Lab {
    Lab::new(
        "backend t\n  stick-table type ip size 1k expire 1h store gpc0,conn_cnt,gpt(2)\n\
         backend b\n  stick-table type binary len 4 size 10 expire 1h\n",
    )
}

/// The keys of entries with their data.
fn shown(lab: &Lab, command: &str) -> Vec<String> {
    let text = lab.ask(command);
    let mut lines: Vec<String> = text
        .lines()
        .filter_map(|line| {
            let (_, rest) = line.split_once("key=")?;
            let (key, rest) = rest.split_once(" use=")?;
            Some(format!("{key} {}", rest.split_once(" shard=0 ")?.1))
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn entries_are_made_shown_and_removed() {
    let lab = lab();
    assert_eq!(
        lab.ask("show table"),
        "# table: b, type: binary, size:10, used:0\n# table: t, type: ip, size:1024, used:0\n"
    );
    assert_eq!(lab.ask("set table t key 1.2.3.4 data.gpc0 5 data.gpt[1] 8"), "");
    assert_eq!(lab.ask("set table t key 1.2.3.5 data.gpc0 7 data.conn_cnt 9"), "");
    assert_eq!(
        shown(&lab, "show table t"),
        ["1.2.3.4 gpc0=5 conn_cnt=0 gpt0=0 gpt1=8", "1.2.3.5 gpc0=7 conn_cnt=9 gpt0=0 gpt1=0"]
    );
    assert!(lab.ask("show table t key 1.2.3.4").starts_with("# table: t, type: ip, size:1024, used:2\n0x"));
    assert_eq!(lab.ask("show table t key 9.9.9.9"), "");
    assert_eq!(shown(&lab, "show table t data.gpc0 gt 5").len(), 1);
    assert_eq!(shown(&lab, "show table t data.gpc0 gt 4 data.conn_cnt lt 3").len(), 1);
    assert_eq!(lab.ask("clear table t data.gpc0 eq 7"), "");
    assert_eq!(shown(&lab, "show table t").len(), 1);
    let text = lab.ask("show table t");
    let pointer = text.lines().nth(1).unwrap().split(':').next().unwrap().to_owned();
    assert_eq!(shown(&lab, &format!("show table t ptr {pointer}")).len(), 1);
    assert_eq!(lab.ask("clear table t key 1.2.3.4"), "");
    assert_eq!(shown(&lab, "show table t").len(), 0);
    assert_eq!(lab.ask("clear table t"), "");
}

#[test]
fn what_is_wrong_is_told() {
    let lab = lab();
    for (command, answer) in [
        ("show table z", "No such table\n"),
        ("set table t key", "Key value expected\n"),
        ("set table t key foo data.gpc0 1", "Invalid key\n"),
        ("set table t key 1.2.3.4 data.gpc1 5", "Data type not stored in this table\n"),
        ("set table t key 1.2.3.4 data.foo 5", "Unknown data type\n"),
        ("set table t key 1.2.3.4 data.gpc0", "Require a valid integer value to store\n"),
        ("set table t key 1.2.3.4 data.gpt[7] 1", "index out of range in this data array\n"),
        ("set table t key 1.2.3.4 gpc0 1", "\"data.<type>\" followed by a value expected\n"),
        ("show table t data.foo gt 5", "Filter entry #1: Unknown data type\n"),
        (
            "show table t data.gpc0 gt 1 data.gpc0 lt",
            "Filter entry #2: Require a valid integer value to compare against\n",
        ),
        ("show table t ptr x", "Pointer expected (0xffff notation)\n"),
        ("show table t ptr 0x1", "No entry can be found matching ptr.\n"),
        (
            "clear table b key abcd",
            "Removing keys from tables of type other than ip, ipv6, string and integer is not supported\n",
        ),
    ] {
        assert_eq!(lab.ask(command), answer, "{command}");
    }
}

#[test]
fn users_see_no_entries() {
    let lab = lab();
    lab.ask("set table t key 1.2.3.4");
    assert_eq!(lab.talk(Level::User, "show table t\n"), "# table: t, type: ip, size:1024, used:1\n\n<end>");
    assert_eq!(lab.talk(Level::User, "clear table t\n"), "Permission denied\n\n<end>");
}
