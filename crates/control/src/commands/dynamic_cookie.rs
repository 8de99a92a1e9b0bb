//! `enable dynamic-cookie backend`, `disable dynamic-cookie backend`, `set dynamic-cookie-key backend`: cookies that are made
//! from servers' addresses.

use std::sync::Arc;

use engine::dynamic_cookie::{self, Making};
use state::Proxy;
use state::proxy::Mode;

use crate::access::Level;
use crate::command::{Answer, Command, Request, settle};
use crate::names::{self, Side};

pub(super) static ROWS: &[Command] = &[
    Command::new(
        &["disable", "dynamic-cookie", "backend"],
        "disable dynamic-cookie backend <bk>",
        "make no cookies of servers' addresses",
        |request| settle(set(request, Making::Off)),
    )
    .level(Level::Admin),
    Command::new(
        &["enable", "dynamic-cookie", "backend"],
        "enable dynamic-cookie backend <bk>",
        "make cookies of servers' addresses",
        |request| settle(set(request, Making::On)),
    )
    .level(Level::Admin),
    Command::new(
        &["set", "dynamic-cookie-key", "backend"],
        "set dynamic-cookie-key backend <bk> <k>",
        "change the key that cookies of servers are made with",
        |request| settle(set_key(request)),
    )
    .level(Level::Admin),
];

fn backend<'a>(request: &Request<'a>) -> Result<&'a Arc<Proxy>, Answer> {
    let name = request.text(3);
    if name.is_empty() {
        return Err(Answer::error("A backend name is expected.\n"));
    }
    let found = names::proxy(request.process, &name, Side::Backend);
    let proxy = found.ok_or_else(|| Answer::error("No such backend.\n"))?;
    match proxy.mode {
        Mode::Tcp | Mode::Http => Ok(proxy),
        Mode::Log | Mode::Spop => Err(Answer::error("Not available.\n")),
    }
}

fn set(request: &Request<'_>, making: Making) -> Result<Answer, Answer> {
    dynamic_cookie::set_making(&request.process.shared, backend(request)?, making);
    Ok(Answer::Done)
}

fn set_key(request: &Request<'_>) -> Result<Answer, Answer> {
    let proxy = backend(request)?;
    match request.word(4) {
        b"" => Err(Answer::error("String value expected.\n")),
        key => {
            dynamic_cookie::set_key(&request.process.shared, proxy, key);
            Ok(Answer::Done)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn cookies_follow_the_key_and_the_address() {
        let lab = Lab::new(
            "backend b\n  mode http\n  cookie C insert dynamic\n  dynamic-cookie-key hello\n  \
             server s1 127.0.0.1:9711\n  server s2 127.0.0.1:9712 cookie own\n",
        );
        let cookies = || {
            let text = |cookie: std::sync::Arc<Box<[u8]>>| String::from_utf8(cookie.to_vec()).unwrap();
            let servers = lab.process.shared.runtime.proxies[0].servers.iter();
            servers.map(|server| server.cookie().map_or(String::new(), text)).collect::<Vec<_>>()
        };
        assert_eq!(cookies(), ["d62a8a3cafda205e", "own"]);
        assert_eq!(lab.ask("disable dynamic-cookie backend b"), "");
        assert_eq!(cookies(), ["", "own"]);
        assert_eq!(lab.ask("enable dynamic-cookie backend b"), "");
        assert_eq!(cookies(), ["d62a8a3cafda205e", "own"]);
        lab.ask("set server b/s1 addr 127.0.0.1 port 9712");
        assert_eq!(cookies(), ["7204e1799381233c", "own"]);
        assert_eq!(lab.ask("set dynamic-cookie-key backend b other"), "");
        assert!(cookies()[0] != "7204e1799381233c" && cookies()[1] == "own");
        assert_eq!(lab.ask("set dynamic-cookie-key backend b"), "String value expected.\n");
        assert_eq!(lab.ask("enable dynamic-cookie backend z"), "No such backend.\n");
    }
}
