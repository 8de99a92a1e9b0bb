//! [`Conn`] against real sockets of the loopback.

use super::*;
use std::future::{Future, poll_fn};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;

/// Runs `test` as a worker's root, and fails it after ten seconds.
pub(crate) fn run(test: impl Future<Output = ()>) {
    let mut test = std::pin::pin!(test);
    crate::worker::run(async {
        let mut limit = crate::timer::Timer::new();
        limit.set(within(10_000));
        poll_fn(|cx| {
            assert!(limit.poll(cx).is_pending(), "the test hangs");
            test.as_mut().poll(cx)
        })
        .await;
    })
    .unwrap();
}

/// A time some milliseconds from now.
pub(crate) fn within(ms: u64) -> base::clock::Millis {
    base::clock::now().plus(Duration::from_millis(ms))
}

/// One end as a [`Conn`], the other as std's, blocking.
pub(crate) fn conn_pair() -> (Conn, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (ours, _) = listener.accept().unwrap();
    ours.set_nonblocking(true).unwrap();
    (Conn::from_fd(ours.into()), peer)
}

async fn read(conn: &mut Conn, len: usize) -> io::Result<Vec<u8>> {
    let mut buf = vec![0; len];
    let got = poll_fn(|cx| conn.poll_read(cx, &mut buf)).await?;
    buf.truncate(got);
    Ok(buf)
}

/// What a poll says just now.
async fn once<R>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<R>) -> Poll<R> {
    poll_fn(|cx| Poll::Ready(poll(cx))).await
}

/// Lets the poller report what has happened up to now: on the loopback that is all.
fn turn() {
    let mut wakers = Vec::new();
    crate::reactor::wait(Some(Duration::ZERO), &mut wakers).unwrap();
    wakers.into_iter().for_each(std::task::Waker::wake);
}

#[test]
fn a_conn_is_small() {
    assert!(size_of::<Conn>() <= 16, "{}", size_of::<Conn>());
}

#[test]
fn one_that_never_waits_is_never_registered() {
    run(async {
        let (mut conn, mut peer) = conn_pair();
        peer.write_all(b"request").unwrap();
        assert_eq!(read(&mut conn, 100).await.unwrap(), b"request");
        let pieces = [IoSlice::new(b"head "), IoSlice::new(b"body")];
        assert_eq!(poll_fn(|cx| conn.poll_write_vectored(cx, &pieces)).await.unwrap(), 9);
        assert!(!conn.is_registered());
        drop(conn);
        let mut got = String::new();
        peer.read_to_string(&mut got).unwrap();
        assert_eq!(got, "head body");
    });
}

#[test]
fn waiting_registers_and_wakes() {
    run(async {
        let (mut conn, mut peer) = conn_pair();
        assert!(once(|cx| conn.poll_read(cx, &mut [0; 9])).await.is_pending());
        assert!(conn.is_registered());
        for _ in 0..3 {
            peer.write_all(b"more").unwrap();
            assert_eq!(read(&mut conn, 100).await.unwrap(), b"more");
        }
        // A buffer that is just filled proves nothing: the next read must look, and then wait.
        peer.write_all(b"1234").unwrap();
        assert_eq!(read(&mut conn, 2).await.unwrap(), b"12");
        assert_eq!(read(&mut conn, 2).await.unwrap(), b"34");
        assert!(once(|cx| conn.poll_read(cx, &mut [0; 9])).await.is_pending());
        peer.write_all(b"5").unwrap();
        assert_eq!(read(&mut conn, 2).await.unwrap(), b"5");
    });
}

#[test]
fn a_short_first_read_is_followed_by_none_that_would_fail() {
    run(async {
        let (mut conn, mut peer) = conn_pair();
        peer.write_all(b"one").unwrap();
        assert_eq!(read(&mut conn, 100).await.unwrap(), b"one");
        peer.write_all(b"two").unwrap();
        // Registered without a read in between; what came meanwhile is announced all the same.
        assert!(once(|cx| conn.poll_read(cx, &mut [0; 9])).await.is_pending());
        assert!(conn.is_registered());
        assert_eq!(read(&mut conn, 100).await.unwrap(), b"two");
    });
}

#[test]
fn each_half_closes_alone() {
    run(async {
        let (mut conn, mut peer) = conn_pair();
        peer.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(read(&mut conn, 9).await.unwrap(), b"");
        assert_eq!(read(&mut conn, 9).await.unwrap(), b"", "the end stays the end");
        assert_eq!(poll_fn(|cx| conn.poll_write(cx, b"late")).await.unwrap(), 4);
        conn.shutdown_write().unwrap();
        let mut got = String::new();
        peer.read_to_string(&mut got).unwrap();
        assert_eq!(got, "late");
    });
}

#[test]
fn a_reset_is_an_error() {
    run(async {
        let (mut conn, peer) = conn_pair();
        assert!(once(|cx| conn.poll_read(cx, &mut [0; 9])).await.is_pending());
        Conn::from_fd(peer.into()).set_linger_zero().unwrap();
        let error = read(&mut conn, 9).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        let error = poll_fn(|cx| conn.poll_write(cx, b"x")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn a_full_socket_waits_for_room() {
    run(async {
        const TOTAL: usize = 20_000_000;
        let (mut conn, mut peer) = conn_pair();
        let block = vec![b'x'; 1 << 20];
        let mut sent = 0;
        while let Poll::Ready(wrote) = once(|cx| conn.poll_write(cx, &block)).await {
            sent += wrote.unwrap();
        }
        assert!(conn.write_blocked && conn.is_registered());
        assert_eq!(conn.try_write(b"x").unwrap_err().kind(), ErrorKind::WouldBlock);
        let reader = std::thread::spawn(move || {
            let mut got = 0;
            let mut buf = vec![0; 1 << 16];
            while let Ok(n @ 1..) = peer.read(&mut buf) {
                got += n;
            }
            got
        });
        while sent < TOTAL {
            let more = &block[..block.len().min(TOTAL - sent)];
            sent += poll_fn(|cx| conn.poll_write_vectored(cx, &[IoSlice::new(more)])).await.unwrap();
        }
        drop(conn);
        assert_eq!(reader.join().unwrap(), TOTAL);
    });
}

#[test]
fn trying_never_registers() {
    run(async {
        let (mut conn, mut peer) = conn_pair();
        assert_eq!(conn.try_read(&mut [0; 9]).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(conn.try_write_vectored(&[IoSlice::new(b"a"), IoSlice::new(b"b")]).unwrap(), 2);
        peer.read_exact(&mut [0; 2]).unwrap();
        peer.write_all(b"c").unwrap();
        assert_eq!(conn.try_peek(&mut [0; 9]).unwrap(), 1);
        assert_eq!(conn.try_read(&mut [0; 9]).unwrap(), 1);
        assert!(!conn.is_registered());
    });
}

#[test]
fn an_idle_connection_is_alive_until_something_comes() {
    run(async {
        for registered in [false, true] {
            for with_data in [false, true] {
                let (mut conn, mut peer) = conn_pair();
                if registered {
                    assert!(once(|cx| conn.poll_closed(cx)).await.is_pending());
                }
                assert_eq!(conn.is_registered(), registered);
                turn();
                assert!(conn.is_alive_idle());
                if with_data {
                    peer.write_all(b"unexpected").unwrap();
                } else {
                    drop(peer);
                }
                poll_fn(|cx| conn.poll_closed(cx)).await;
                assert!(!conn.is_alive_idle(), "registered {registered}, data {with_data}");
                if with_data {
                    assert_eq!(read(&mut conn, 100).await.unwrap(), b"unexpected", "it was not taken out");
                }
            }
        }
    });
}

#[test]
fn stale_readiness_is_not_death() {
    run(async {
        let (mut conn, mut peer) = conn_pair();
        assert!(once(|cx| conn.poll_read(cx, &mut [0; 9])).await.is_pending());
        peer.write_all(b"1234").unwrap();
        assert_eq!(read(&mut conn, 4).await.unwrap(), b"1234");
        assert!(conn.source.ready().has(Ready::READ), "the buffer was filled to the brim");
        assert!(conn.is_alive_idle());
        assert!(!conn.source.ready().has(Ready::READ), "one look, and no more");
        assert!(once(|cx| conn.poll_closed(cx)).await.is_pending());
    });
}

#[test]
fn a_clients_abort_is_seen_behind_its_data() {
    run(async {
        for reset in [false, true] {
            let (mut conn, mut peer) = conn_pair();
            assert!(once(|cx| conn.poll_peek_eof(cx)).await.is_pending());
            peer.write_all(b"next request").unwrap();
            turn();
            assert!(once(|cx| conn.poll_peek_eof(cx)).await.is_pending(), "data alone is no abort");
            if reset {
                Conn::from_fd(peer.into()).set_linger_zero().unwrap();
                poll_fn(|cx| conn.poll_peek_eof(cx)).await;
                continue;
            }
            drop(peer);
            poll_fn(|cx| conn.poll_peek_eof(cx)).await;
            assert_eq!(read(&mut conn, 100).await.unwrap(), b"next request");
            assert_eq!(read(&mut conn, 100).await.unwrap(), b"");
        }
    });
}

#[test]
fn data_seen_while_watching_for_an_abort_is_read_afterwards() {
    run(async {
        let (mut conn, mut peer) = conn_pair();
        assert!(once(|cx| conn.poll_peek_eof(cx)).await.is_pending());
        peer.write_all(b"pipelined").unwrap();
        turn();
        assert!(once(|cx| conn.poll_peek_eof(cx)).await.is_pending());
        assert_eq!(read(&mut conn, 4).await.unwrap(), b"pipe");
        assert_eq!(read(&mut conn, 100).await.unwrap(), b"lined");
        assert!(once(|cx| conn.poll_read(cx, &mut [0; 9])).await.is_pending());
    });
}

#[test]
fn addresses_and_facts() {
    run(async {
        let (conn, peer) = conn_pair();
        assert_eq!(conn.peer().unwrap(), Endpoint::Inet(peer.local_addr().unwrap()));
        assert_eq!(conn.local().unwrap(), Endpoint::Inet(peer.peer_addr().unwrap()));
        assert!(conn.tcp_info().unwrap().rtt_us > 0);
        assert!(conn.take_error().unwrap().is_none());
        conn.set_nodelay().unwrap();
        conn.set_quickack().unwrap();
        conn.set_keepalive(&Keepalive::default()).unwrap();
    });
}

#[test]
fn a_unix_socket_works_the_same() {
    run(async {
        let (ours, mut peer) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let mut conn = Conn::from_fd(ours.into());
        assert!(once(|cx| conn.poll_read(cx, &mut [0; 9])).await.is_pending());
        peer.write_all(b"hello").unwrap();
        assert_eq!(read(&mut conn, 100).await.unwrap(), b"hello");
        assert!(conn.is_alive_idle());
        assert_eq!(conn.peer().unwrap(), Endpoint::Unix(Vec::new()));
        assert!(conn.tcp_info().is_err());
        drop(peer);
        poll_fn(|cx| conn.poll_closed(cx)).await;
        assert!(!conn.is_alive_idle());
    });
}

#[test]
fn the_descriptor_moves_to_another_runtime() {
    let mut taken = None;
    let (mut conn, mut peer) = conn_pair();
    run(async {
        assert!(once(|cx| conn.poll_read(cx, &mut [0; 9])).await.is_pending());
        taken = Some(conn.into_fd());
    });
    run(async {
        let mut conn = Conn::from_fd(taken.take().unwrap());
        assert!(once(|cx| conn.poll_read(cx, &mut [0; 9])).await.is_pending());
        peer.write_all(b"again").unwrap();
        assert_eq!(read(&mut conn, 100).await.unwrap(), b"again");
    });
}

#[test]
fn a_stream_without_end_leaves_others_their_turn() {
    run(async {
        let (mut conn, mut peer) = conn_pair();
        peer.write_all(&[b'x'; 100]).unwrap();
        let mut reads = 0;
        while once(|cx| conn.poll_read(cx, &mut [0; 1])).await.is_ready() {
            reads += 1;
        }
        assert_eq!(reads, STREAK_MAX);
        assert_eq!(read(&mut conn, 100).await.unwrap().len(), 100 - usize::from(reads));
    });
}

#[test]
fn another_thread_takes_an_idle_connection_over() {
    run(async {
        for (said, is_alive) in [(&b""[..], true), (b"x", false)] {
            let (mut conn, mut peer) = conn_pair();
            assert!(once(|cx| conn.poll_closed(cx)).await.is_pending() && conn.is_registered());
            peer.write_all(said).unwrap();
            let thread = std::thread::spawn(move || {
                run(async move {
                    conn.come_here();
                    assert!(!conn.is_registered());
                    assert_eq!(conn.is_alive_idle(), is_alive);
                    if is_alive {
                        let waits = crate::spawn(async move { poll_fn(|cx| conn.poll_closed(cx)).await });
                        crate::worker::yield_now().await;
                        assert!(!waits.is_finished());
                        drop(peer);
                        while !waits.is_finished() {
                            crate::worker::yield_now().await;
                        }
                    }
                });
            });
            thread.join().unwrap();
        }
    });
}
