//! Layouts, and that nothing but the layout changes.

use super::*;

fn formatted(text: &str) -> String {
    let once = format(text.as_bytes());
    assert_eq!(format(&once), once, "laying out again changes nothing");
    String::from_utf8(once).unwrap()
}

#[test]
fn sections_are_indented_and_alike_lines_aligned() {
    let text = "\
# the file
global
  maxconn 10   # many
\tdaemon

defaults
timeout client 10s
timeout http-request    5s
 # comment
 mode http


backend app
balance roundrobin
server a 10.0.0.1:80 check
server longer 10.0.0.20:8080 check inter 5s
# off: server c
  # trailing

# of its own
";
    let expected = "\
# the file
global
    maxconn 10 # many
    daemon

defaults
    timeout client       10s
    timeout http-request 5s
    # comment
    mode http


backend app
    balance roundrobin
    server a      10.0.0.1:80    check
    server longer 10.0.0.20:8080 check inter 5s
    # off: server c
    # trailing

# of its own
";
    assert_eq!(formatted(text), expected);
}

#[test]
fn blocks_stand_inside_or_around_sections() {
    let text = "\
.if feature(A)
frontend a
.if defined(B)
bind :80
.else
bind :81
.endif
.else
frontend b
.endif
global
.if 1
.if 2
maxconn 1
.endif
.endif
";
    let expected = "\
.if feature(A)
    frontend a
        .if defined(B)
            bind :80
        .else
            bind :81
        .endif
.else
    frontend b
.endif
global
    .if 1
        .if 2
            maxconn 1
        .endif
    .endif
";
    assert_eq!(formatted(text), expected);
}

#[test]
fn what_blanks_may_mean_something_for_stays() {
    let text = "\
frontend a
reqirep  ^([^  :]*)\\ /a   \\1   # x
log-format %ci  [%t]
server s1 \"a  b\"   c\\ \\ d
 acl x hdr(\"a
bind :80\\ \t
";
    let expected = "\
frontend a
    reqirep  ^([^  :]*)\\ /a   \\1 # x
    log-format %ci  [%t]
    server s1 \"a  b\" c\\ \\ d
 acl x hdr(\"a
    bind :80\\ \n";
    assert_eq!(formatted(text), expected);
    assert_eq!(formatted("global\r\n  daemon \r\n"), "global\r\n    daemon\r\n");
    assert_eq!(formatted("global\n  daemon"), "global\n    daemon\n");
    assert_eq!(formatted(""), "");
}

#[test]
fn long_words_do_not_widen_a_column() {
    let long = "x".repeat(60);
    let text =
        formatted(&format!("frontend a\nacl {long} src 1.2.3.4\nacl b src 1.2.3.4\nacl cc src 1.2.3.4\n"));
    assert!(text.contains("    acl b  src") && text.contains("    acl cc src"), "{text}");
}
