//! A resolver between its askers and its name servers, both played by the tests.

use std::cell::Cell;
use std::time::Duration;

use hickory_proto::op::ResponseCode;
use proptest::prelude::*;

use super::*;
use crate::message::tests::{address_record, answer, name, service_record};
use crate::settings::Holds;

thread_local! {
    static LAST: Cell<u16> = const { Cell::new(0) };
}

fn counted() -> u16 {
    LAST.set(LAST.get() + 1);
    LAST.get()
}

/// A section of `nameservers`, with times that differ.
fn resolver(nameservers: usize) -> Resolver {
    let ms = Duration::from_millis;
    let settings = Settings {
        holds: Holds {
            nx: ms(3_000),
            refused: ms(4_000),
            timeout: ms(5_000),
            other: ms(6_000),
            valid: ms(800),
            obsolete: ms(0),
        },
        resolve: ms(1_000),
        retry: ms(100),
        tries: 2,
        payload_bytes_max: 512,
    };
    Resolver::new(settings, (0..nameservers).map(|_| Counters::default()).collect(), counted)
}

fn server(place: usize) -> Requester {
    Requester::Server(Member { group: 0, place })
}

/// The bytes of the next question.
fn question(resolver: &mut Resolver) -> Arc<[u8]> {
    resolver.poll_send().expect("a question").message
}

fn with_address(question: &[u8], ip: &str) -> Vec<u8> {
    answer(question, |message| message.answers = vec![address_record("a.test", ip)])
}

fn with_code(question: &[u8], code: ResponseCode) -> Vec<u8> {
    answer(question, |message| message.metadata.response_code = code)
}

fn kind_of(question: &[u8]) -> u8 {
    // Behind the header, `1 a 4 test 0` and the first byte of the type.
    question[12 + 8 + 1]
}

#[test]
fn a_name_is_asked_again_and_again() {
    let mut resolver = resolver(1);
    let id = resolver.link(&name("a.test"), Kind::A, server(1), Millis(10)).unwrap();
    assert_eq!(resolver.deadline(), Some(Millis(10)));
    resolver.on_time(Millis(10));
    let first = question(&mut resolver);
    assert_eq!(resolver.deadline(), Some(Millis(110)));
    let good = with_address(&first, "10.0.0.1");
    assert!(matches!(resolver.on_message(0, &good, Millis(20)), Taken::Answer(_)));
    assert!(matches!(resolver.poll_event(), Some(Event::Answered { nameserver: 0, .. })));
    let choice = resolver.choose(id, &Preferences::default(), None, Some(Member { group: 0, place: 1 }));
    assert_eq!(choice, Choice::Change("10.0.0.1".parse().unwrap()));
    assert_eq!(resolver.deadline(), Some(Millis(1_020)));
    assert_eq!(resolver.on_message(0, &good, Millis(30)), Taken::Nothing, "it is answered");
    assert_eq!(resolver.counters[0].get(Counter::Outdated), 1);
    resolver.on_time(Millis(1_020));
    assert_ne!(question(&mut resolver)[..2], first[..2], "another number");
}

#[test]
fn the_other_family_is_asked_before_the_name_is_given_up() {
    let mut resolver = resolver(2);
    resolver.link(&name("a.test"), Kind::Aaaa, server(1), Millis(10)).unwrap();
    resolver.on_time(Millis(10));
    let first = question(&mut resolver);
    assert_eq!(kind_of(&first), 28);
    let nx = with_code(&first, ResponseCode::NXDomain);
    resolver.on_message(0, &nx, Millis(11));
    assert!(resolver.poll_send().is_none(), "the other name server has not answered");
    resolver.on_message(1, &nx, Millis(12));
    let second = question(&mut resolver);
    assert_eq!(kind_of(&second), 1);
    // One try of two is left: it is asked from the beginning.
    for nameserver in [0, 1] {
        resolver.on_message(nameserver, &with_code(&second, ResponseCode::NXDomain), Millis(13));
    }
    assert!(resolver.poll_event().is_none());
    resolver.on_time(Millis(112));
    let third = question(&mut resolver);
    assert_eq!(kind_of(&third), 28);
    for nameserver in [0, 1] {
        resolver.on_message(nameserver, &with_code(&third, ResponseCode::Refused), Millis(113));
    }
    let fourth = question(&mut resolver);
    for nameserver in [0, 1] {
        resolver.on_message(nameserver, &with_code(&fourth, ResponseCode::Refused), Millis(114));
    }
    let event = resolver.poll_event();
    assert!(matches!(event, Some(Event::Failed { status: Status::Refused, is_held: true, .. })), "{event:?}");
}

#[test]
fn silence_ends_what_is_held() {
    let mut resolver = resolver(1);
    let id = resolver.link(&name("a.test"), Kind::A, server(1), Millis(1)).unwrap();
    resolver.set_families(Families::V4);
    let mut held = Vec::new();
    while held.len() < 10 {
        let now = resolver.deadline().expect("something is due");
        resolver.on_time(now);
        while resolver.poll_send().is_some() {}
        if let Some(Event::Failed { status, is_held, .. }) = resolver.poll_event() {
            assert_eq!(status, Status::Timeout);
            held.push((now.0, is_held));
        }
    }
    // Two questions of 100 ms, then a second of rest; `hold timeout` is 5 s.
    assert_eq!(held[0], (201, true));
    assert_eq!(held[1], (1_401, true));
    assert_eq!(held.iter().find(|(_, is_held)| !is_held), Some(&(5_001, false)));
    resolver.unlink(id, server(1), Millis(20_000));
    assert_eq!(resolver.deadline(), None);
}

#[test]
fn who_asks_once_gets_what_is_fresh() {
    let mut resolver = resolver(1);
    let id = resolver.link(&name("a.test"), Kind::A, Requester::Call(1), Millis(10)).unwrap();
    assert!(!resolver.is_settled(id, Millis(10)));
    resolver.on_time(Millis(10));
    let first = question(&mut resolver);
    resolver.on_message(0, &with_address(&first, "10.0.0.1"), Millis(20));
    assert!(resolver.is_settled(id, Millis(20)));
    resolver.unlink(id, Requester::Call(1), Millis(20));
    assert_eq!(resolver.link(&name("a.test"), Kind::A, Requester::Call(2), Millis(700)), Some(id));
    assert!(resolver.is_settled(id, Millis(700)));
    assert_eq!(
        resolver.choose(id, &Preferences::default(), None, None),
        Choice::Change("10.0.0.1".parse().unwrap())
    );
    resolver.unlink(id, Requester::Call(2), Millis(700));
    assert_eq!(resolver.deadline(), Some(Millis(820)));
    resolver.on_time(Millis(820));
    assert_eq!(resolver.deadline(), None, "nobody wants it");
    assert_ne!(resolver.link(&name("a.test"), Kind::A, Requester::Call(3), Millis(900)), Some(id));
}

#[test]
fn services_fill_servers() {
    let mut resolver = resolver(1);
    let member = |place| Member { group: 3, place };
    let number = resolver.add_service(Service {
        group: 3,
        free: [member(0), member(1)].into(),
        former: vec![(member(2), name("s3.test"), 83), (member(3), name("s9.test"), 89)],
    });
    resolver.link(&name("a.test"), Kind::Srv, Requester::Service(number), Millis(10)).unwrap();
    let tell = |resolver: &mut Resolver, now, services: &[(&str, u16, u16)]| {
        resolver.on_time(now);
        let question = question(resolver);
        let bytes = answer(&question, |message| {
            let record =
                |(target, port, weight): &(&str, u16, u16)| service_record("a.test", target, *port, *weight);
            message.answers = services.iter().map(record).collect();
        });
        resolver.on_message(0, &bytes, now);
        match resolver.poll_event() {
            Some(Event::Answered { freed, mut assignments, .. }) => {
                assignments.sort_by_key(|assignment| assignment.port);
                (freed, assignments)
            }
            other => panic!("{other:?}"),
        }
    };
    let (freed, first) = tell(&mut resolver, Millis(10), &[("s1.test", 81, 0), ("s3.test", 83, 257)]);
    assert_eq!(freed, [member(3)], "its record of an earlier process is gone");
    assert_eq!(
        first.iter().map(|a| (a.member.place, a.port, a.weight)).collect::<Vec<_>>(),
        [(0, 81, 0), (2, 83, 2)]
    );
    let (freed, second) = tell(&mut resolver, Millis(1_010), &[("s2.test", 82, 1), ("s3.test", 83, 65_535)]);
    assert_eq!(freed, [member(0)]);
    assert_eq!(second.iter().map(|a| (a.member.place, a.weight)).collect::<Vec<_>>(), [(1, 1), (2, 256)]);
    let many: Vec<(&str, u16, u16)> = (1..9).map(|port| ("s4.test", port, 1)).collect();
    let (freed, third) = tell(&mut resolver, Millis(2_010), &many);
    assert_eq!((freed.len(), third.len()), (2, 4), "no more servers than there are");
}

#[test]
fn messages_that_are_none() {
    let mut resolver = resolver(1);
    resolver.link(&name("a.test"), Kind::A, server(1), Millis(10)).unwrap();
    resolver.on_time(Millis(10));
    let first = question(&mut resolver);
    assert_eq!(resolver.on_message(0, &[0; 513], Millis(11)), Taken::Nothing);
    assert_eq!(resolver.on_message(0, &[0], Millis(11)), Taken::Nothing);
    assert_eq!(resolver.on_message(0, &first[..2], Millis(11)), Taken::Nothing);
    let counters = &resolver.counters[0];
    assert_eq!((counters.get(Counter::TooBig), counters.get(Counter::Invalid)), (1, 2));
}

#[test]
fn requests_cannot_ask_for_ever_more_names() {
    let mut resolver = resolver(1);
    for number in 0..RESOLUTIONS_MAX {
        let name = name(&format!("n{number}.test"));
        assert!(resolver.link(&name, Kind::A, Requester::Call(1), Millis(1)).is_some());
    }
    assert!(resolver.link(&name("more.test"), Kind::A, Requester::Call(1), Millis(1)).is_none());
    assert!(resolver.link(&name("more.test"), Kind::A, server(1), Millis(1)).is_some());
}

proptest! {
    #[test]
    fn whatever_bytes_come_the_name_is_asked_again(
        bytes in prop::collection::vec(any::<u8>(), 0..512),
        edits in prop::collection::vec((0..120usize, any::<u8>()), 0..8),
    ) {
        let mut resolver = resolver(1);
        let id = resolver.link(&name("a.test"), Kind::A, server(0), Millis(0)).unwrap();
        resolver.on_time(Millis(0));
        let question = question(&mut resolver);
        let mut spoilt = with_address(&question, "192.0.2.1");
        for (at, byte) in edits {
            let at = at % spoilt.len();
            spoilt[at] = byte;
        }
        let numbered = [&question[..2], &bytes].concat();
        for message in [&numbered, &spoilt, &bytes] {
            resolver.on_message(0, message, Millis(1));
        }
        resolver.on_time(Millis(60_000));
        prop_assert!(resolver.poll_send().is_some());
        prop_assert_eq!(resolver.requesters(id), [server(0)]);
    }
}
