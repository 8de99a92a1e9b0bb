//! Lists of idle connections over real sockets.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::task::{Context, Waker};

use base::clock::{self, Millis};
use base::{ProxyId, ServerId};
use net::{Conn, Endpoint};
use state::Server;
use state::server::ServerSetup;
use tls::Transport;

use super::idle_conns::Reach;
use super::{Choice, Idle, IdleConns, Wanted};
use crate::identity::Identity;
use crate::server_conn::Made;

const ANY: Wanted<'static> = Wanted { choice: Choice::Any, sni: None, is_named: false, identity: None };

fn server() -> Arc<Server> {
    let setup = ServerSetup::plain(ProxyId(0), ServerId(0), "s1", Endpoint::Unix(Vec::new()));
    Arc::new(Server::new(setup, 2))
}

/// A connection that has carried `uses` requests, and its other end.
fn made_for(server: &Arc<Server>, uses: u32, identity: Option<Identity>) -> (Idle, UnixStream) {
    let (ours, peer) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let mut conn = Conn::from_fd(ours.into());
    // Known to this thread's poller from here on.
    assert!(conn.poll_closed(&mut Context::from_waker(Waker::noop())).is_pending());
    let made = Made { identity: identity.map(Box::new), ..Made::default() };
    (Idle::new(Transport::Plain(conn), None, server.clone(), uses, made), peer)
}

fn idle(server: &Arc<Server>) -> (Idle, UnixStream) {
    made_for(server, 1, None)
}

#[test]
fn the_own_list_comes_first_and_others_only_within_reach() {
    let (server, lists) = (server(), IdleConns::new(2));
    let _peers: Vec<_> = [0, 1]
        .into_iter()
        .map(|worker| {
            let (idle, peer) = made_for(&server, worker + 10, None);
            lists.own(usize::try_from(worker).unwrap()).give(idle);
            peer
        })
        .collect();
    assert_eq!((lists.count(0), lists.count(1), server.idle.get()), (1, 1, 2));
    assert_eq!(lists.take(0, &ANY, Reach::All).unwrap().uses, 10);
    assert!(lists.take(0, &ANY, Reach::Own).is_none());
    assert_eq!(lists.take(0, &ANY, Reach::All).unwrap().uses, 11);
    assert_eq!((lists.count(0), lists.count(1), server.idle.get()), (0, 0, 0));
}

#[test]
fn what_closed_or_spoke_while_it_went_over_is_not_used() {
    let (server, lists) = (server(), Arc::new(IdleConns::new(2)));
    let theirs = lists.clone();
    let peers = std::thread::spawn(move || {
        let made: Vec<_> = (0..3).map(|_| idle(&server)).collect();
        made.into_iter()
            .map(|(idle, peer)| {
                theirs.own(0).give(idle);
                peer
            })
            .collect::<Vec<_>>()
    });
    let mut peers = peers.join().unwrap();
    // The last ones are tried first.
    drop(peers.pop());
    peers[1].write_all(b"unasked").unwrap();
    let taken = lists.take(1, &ANY, Reach::All).unwrap();
    assert_eq!(lists.count(0), 0);
    drop(taken);
    assert_eq!(std::io::Read::read(&mut peers[0], &mut [0]).unwrap(), 0, "it was the first one");
}

#[test]
fn a_list_that_is_in_use_is_passed_over() {
    let (server, lists) = (server(), IdleConns::new(3));
    let (first, _peer) = idle(&server);
    lists.own(0).give(first);
    let (second, _peer) = made_for(&server, 7, None);
    lists.own(1).give(second);
    let held = lists.own(0);
    assert_eq!(lists.take(2, &ANY, Reach::All).unwrap().uses, 7);
    assert!(lists.take(2, &ANY, Reach::All).is_none());
    drop(held);
    assert!(lists.take(2, &ANY, Reach::All).is_some());
}

#[test]
fn lists_are_gone_through_in_turns() {
    let (server, lists) = (server(), IdleConns::new(3));
    let mut peers = Vec::new();
    for worker in [1, 1, 2, 2] {
        let (idle, peer) = made_for(&server, u32::try_from(worker).unwrap(), None);
        lists.own(worker).give(idle);
        peers.push(peer);
    }
    let order: Vec<u32> = (0..4).map(|_| lists.take(0, &ANY, Reach::All).unwrap().uses).collect();
    assert_eq!(order, [1, 2, 1, 2]);
}

#[test]
fn what_a_connection_was_made_for_and_how_often_it_was_used_count() {
    let (server, lists) = (server(), IdleConns::new(2));
    let (named, _peer) = made_for(&server, 1, Some(Identity::named(b"a")));
    lists.own(0).give(named);
    let (a, b) = (Identity::named(b"a"), Identity::named(b"b"));
    assert!(lists.take(1, &ANY, Reach::All).is_none());
    assert!(lists.take(1, &Wanted { identity: Some(&b), ..ANY }, Reach::All).is_none());
    let proven = Wanted { identity: Some(&a), choice: Choice::Proven, ..ANY };
    assert!(lists.take(1, &proven, Reach::All).is_none());
    assert_eq!(lists.count(0), 1);
    assert!(lists.take(1, &Wanted { identity: Some(&a), ..ANY }, Reach::All).is_some());
    assert_eq!(lists.count(0), 0);
}

#[test]
fn half_of_the_old_ones_go_at_once() {
    let (server, lists) = (server(), IdleConns::new(1));
    let identity = |n: usize| (n > 2).then(|| Identity::named(b"x"));
    // Before they are given: none is older than what it is asked for next.
    let now = clock::now();
    let _peers: Vec<_> = (0..6)
        .map(|n| {
            let (idle, peer) = made_for(&server, 1, identity(n));
            lists.own(0).give(idle);
            peer
        })
        .collect();
    lists.own(0).purge(1_000, Millis(now.0 + 999));
    assert_eq!(lists.count(0), 6);
    let counts: Vec<u32> = (0..3)
        .map(|_| {
            lists.own(0).purge(1_000, Millis(now.0 + 2_000));
            lists.count(0)
        })
        .collect();
    assert_eq!(counts, [2, 0, 0]);
    assert_eq!(server.idle.get(), 0);
}

#[test]
fn lists_are_made_for_the_first_connection() {
    let (server, lists) = (server(), IdleConns::new(2));
    assert!(lists.take(1, &ANY, Reach::All).is_none() && lists.take_any(&ANY).is_none());
    assert!(lists.made_own(0).is_none() && lists.count(1) == 0 && !lists.close_one(0));
    let (first, _peer) = idle(&server);
    lists.own(1).give(first);
    assert!(lists.made_own(0).is_some_and(|own| own.is_empty()));
    assert!(lists.take_any(&ANY).is_some());
}

#[test]
fn one_is_closed_the_own_before_others_and_those_alike_first() {
    let (server, lists) = (server(), IdleConns::new(2));
    let mut peers: Vec<UnixStream> = [(0, None), (1, Some(Identity::named(b"a"))), (1, None)]
        .into_iter()
        .map(|(worker, identity)| {
            let (idle, peer) = made_for(&server, 1, identity);
            lists.own(worker).give(idle);
            peer
        })
        .collect();
    for (left, closed) in [(2, 2), (1, 1), (0, 0)] {
        assert!(lists.close_one(1));
        assert_eq!(std::io::Read::read(&mut peers[closed], &mut [0]).unwrap(), 0, "{closed}");
        assert_eq!(server.idle.get(), left);
    }
    assert!(!lists.close_one(1));
}
