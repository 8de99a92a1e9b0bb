//! Any bytes as answers of a name server, with the number of the question and without: nothing panics, and the name goes on
//! being asked for.
#![no_main]

use base::clock::Millis;
use libfuzzer_sys::fuzz_target;
use resolve::{Counters, Kind, Name, Requester, Resolver, Settings};

fuzz_target!(|data: &[u8]| {
    let mut resolver = Resolver::new(Settings::default(), [Counters::default()].into(), || 7);
    let name = Name::parse(b"a.test").expect("a name");
    for (call, kind) in (0..).zip([Kind::A, Kind::Srv]) {
        resolver.link(&name, kind, Requester::Call(call), Millis(0)).expect("room for a name");
        resolver.on_time(Millis(0));
        let question = resolver.poll_send().expect("a question");
        resolver.on_message(0, data, Millis(1));
        // With the question as it was sent, records are reached.
        resolver.on_message(0, &[&question.message[..2], data].concat(), Millis(1));
        resolver.on_message(0, &[&question.message, data].concat(), Millis(2));
        while resolver.poll_event().is_some() {}
    }
});
