//! `show stat`: the counters of all proxies and servers.

use crate::command::{Answer, Command, Request};
use crate::stat::{Dump, Lines, Wanted, resolvers};
use crate::typed::{Explained, Form};

pub(super) static ROWS: &[Command] = &[Command::new(
    &["show", "stat"],
    "show stat [desc|json|no-maint|typed|up]*",
    "show the counters of all proxies and servers",
    run,
)];

fn run(request: &mut Request<'_>) -> Answer {
    let mut wanted = Wanted::all(request.client.access.level);
    let mut at = 2;
    if request.word(at) == b"domain" {
        match request.word(3) {
            b"proxy" => at = 4,
            b"resolvers" => {
                let (form, explained) = written(request, 4, &mut wanted);
                return Answer::Dump(resolvers::dump(request.process, form, explained));
            }
            _ => return Answer::error("Invalid statistics domain.\n"),
        }
    }
    if !request.word(at + 2).is_empty() {
        let Some(iid) = proxy_number(request, at) else { return Answer::error("No such proxy.\n") };
        wanted.iid = u32::try_from(iid).ok();
        wanted.kinds = number(&request.text(at + 1));
        wanted.sid = u32::try_from(number(&request.text(at + 2))).ok();
        at += 3;
    }
    let (form, explained) = written(request, at, &mut wanted);
    let lines = Lines::new(request.process, wanted, |_| true);
    Answer::Stream(Box::new(Dump::new(lines, form, explained)))
}

/// What the words from `at` on say of the form, and of the lines that are wanted.
fn written(request: &Request<'_>, at: usize, wanted: &mut Wanted) -> (Form, Explained) {
    let mut form = Form::Plain;
    let mut explained = Explained::No;
    for word in request.words.iter().skip(at) {
        match word.as_slice() {
            b"typed" => form = Form::Typed,
            b"json" => form = Form::Json,
            b"desc" => explained = Explained::Yes,
            b"no-maint" => wanted.hides_maintenance = true,
            b"up" => wanted.hides_down = true,
            _ => {}
        }
    }
    (form, explained)
}

/// The number of the proxy that a word names; -1 for all, `None` if there is none.
fn proxy_number(request: &Request<'_>, at: usize) -> Option<i64> {
    let name = request.text(at);
    let named =
        request.process.shared.runtime.proxies.iter().find(|proxy| *proxy.name == *name && proxy.is_there());
    let iid = named.map_or_else(|| number(&name), |proxy| i64::from(proxy.uuid));
    Some(iid).filter(|iid| *iid != 0)
}

/// The number that a text begins with, 0 without one.
fn number(text: &str) -> i64 {
    let end = text.char_indices().find(|(at, c)| !(c.is_ascii_digit() || *at == 0 && *c == '-'));
    text[..end.map_or(text.len(), |(at, _)| at)].parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Level;
    use crate::testing::Lab;

    fn lab() -> Lab {
        Lab::new(
            "defaults\n  mode http\n  timeout client 1s\n  timeout server 1s\n  timeout connect 1s\n\
             frontend f\n  maxconn 7\n  default_backend b\n\
             backend b\n  cookie C insert\n  server s1 127.0.0.1:81 cookie c1 weight 3\n  \
             server s2 127.0.0.1:82 disabled\n",
        )
    }

    /// A column of the line that begins with `line`.
    fn column(text: &str, line: &str, name: &str) -> String {
        let header = text.lines().next().unwrap().trim_start_matches("# ");
        let at = header.split(',').position(|column| column == name).unwrap();
        let line = text.lines().find(|l| l.starts_with(line)).unwrap();
        line.split(',').nth(at).unwrap().to_owned()
    }

    #[test]
    fn csv() {
        let text = lab().ask("show stat");
        let lines: Vec<_> =
            text.lines().map(|line| line.split(',').take(2).collect::<Vec<_>>().join(",")).collect();
        assert_eq!(lines, ["# pxname,svname", "f,FRONTEND", "b,s1", "b,s2", "b,BACKEND"]);
        assert!(text.lines().next().unwrap().contains(",cache_hint_hits,-,h2_headers_rcvd,"));
        for (line, name, value) in [
            ("f,FRONTEND", "slim", "7"),
            ("f,FRONTEND", "status", "OPEN"),
            ("b,s1", "status", "no check"),
            ("b,s1", "addr", "127.0.0.1:81"),
            ("b,s1", "cookie", "c1"),
            ("b,s1", "weight", "3"),
            ("b,s1", "lastsess", "-1"),
            ("b,s2", "status", "MAINT"),
            ("b,BACKEND", "status", "UP"),
            ("b,BACKEND", "act", "1"),
            ("b,BACKEND", "-", "-"),
        ] {
            assert_eq!(column(&text, line, name), value, "{line} {name}");
        }
    }

    #[test]
    fn forms() {
        let lab = lab();
        let text = lab.ask("show stat typed");
        assert!(
            text.starts_with("F.2.0.0.pxname.1:KNSV:str:f\nF.2.0.1.svname.1:KNSV:str:FRONTEND\n"),
            "{text}"
        );
        assert!(text.contains("\nS.3.1.18.weight.1:MaPV:u32:3\n"), "{text}");
        assert!(text.contains("\nB.3.0.19.act.1:MGPV:u32:1\n"), "{text}");
        let list: serde_json::Value = serde_json::from_str(&lab.ask("show stat json")).unwrap();
        assert_eq!(list[1][1]["value"]["value"], "s1");
        assert_eq!(list[1][1]["objType"], "Server");
    }

    #[test]
    fn some_lines_only() {
        let lab = lab();
        let names = |command: &str| {
            lab.ask(command)
                .lines()
                .skip(1)
                .map(|l| l.split(',').nth(1).unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(names("show stat b 4 -1"), ["s1", "s2"]);
        assert_eq!(names("show stat -1 2 -1"), ["BACKEND"]);
        assert_eq!(names("show stat 3 4 2"), ["s2"]);
        assert_eq!(names("show stat no-maint"), ["FRONTEND", "s1", "BACKEND"]);
        assert_eq!(lab.ask("show stat zz 1 1"), "No such proxy.\n");
    }

    #[test]
    fn listeners_that_count_for_themselves_have_lines() {
        let socket = format!("abns@lockgate-show-stat-{}", std::process::id());
        let lab = Lab::new(&format!(
            "listen l\n  mode http\n  timeout client 1s\n  option socket-stats\n  bind {socket}-1 name door maxconn 3\n  \
             bind {socket}-2 id 9\n  server s 127.0.0.1:1\nfrontend f\n  bind {socket}-3\n"
        ));
        let text = lab.ask("show stat");
        let names: Vec<_> =
            text.lines().map(|l| l.split(',').take(2).collect::<Vec<_>>().join(",")).collect();
        let lines = ["l,FRONTEND", "l,door", "l,sock-9", "l,s", "l,BACKEND", "f,FRONTEND"];
        assert_eq!(names[1..], lines);
        for (line, name, value) in [
            ("l,door", "type", "3"),
            ("l,door", "slim", "3"),
            ("l,door", "status", "OPEN"),
            ("l,door", "addr", "unix"),
            ("l,door", "proto", "abns_stream"),
            ("l,sock-9", "sid", "9"),
            ("l,sock-9", "stot", "0"),
            ("l,sock-9", "ssl_sess", "0"),
            ("l,sock-9", "rate", ""),
        ] {
            assert_eq!(column(&text, line, name), value, "{line} {name}");
        }
        assert!(lab.ask("show stat typed").contains("\nL.2.9.32.type.1:CGSV:u32:3\n"));
        assert_eq!(lab.ask("show stat l 8 9").lines().count(), 2);
    }

    #[test]
    fn users_see_no_addresses() {
        let text = lab().talk(Level::User, "show stat\n");
        assert_eq!(column(&text, "b,s1", "addr"), "");
        assert_eq!(column(&text, "b,s1", "cookie"), "");
    }

    #[test]
    fn numbers() {
        assert_eq!((number("12x"), number("-1"), number("x"), number("")), (12, -1, 0, 0));
    }
}
