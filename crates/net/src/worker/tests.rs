//! Tests of the worker: tasks, wakers, panics, and what is left at the end.

use super::*;
use crate::conn::tests::{conn_pair, run as run_test, within};
use crate::timer::sleep_until;
use std::rc::Rc;
use std::time::Instant;

/// Waits until `done` says so; the caller's test has a time limit.
async fn until(done: impl Fn() -> bool) {
    while !done() {
        yield_now().await;
    }
}

#[test]
fn tasks_run_in_turn() {
    run_test(async {
        let order = Rc::new(RefCell::new(Vec::new()));
        let tasks: Vec<Task> = (0..3)
            .map(|n| {
                let order = order.clone();
                spawn(async move {
                    order.borrow_mut().push(n);
                    yield_now().await;
                    order.borrow_mut().push(n + 10);
                })
            })
            .collect();
        until(|| tasks.iter().all(Task::is_finished)).await;
        assert_eq!(*order.borrow(), [0, 1, 2, 10, 11, 12]);
    });
}

#[test]
fn other_threads_wake_a_sleeping_worker() {
    run_test(async {
        for _ in 0..200 {
            let (tx, rx) = tokio::sync::oneshot::channel();
            let thread = std::thread::spawn(move || tx.send(7).unwrap());
            assert_eq!(rx.await.unwrap(), 7);
            thread.join().unwrap();
        }
    });
}

#[test]
fn many_messages_from_many_threads_all_arrive() {
    run_test(async {
        let (tx, mut rx) = tokio::sync::mpsc::unbounded_channel();
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let tx = tx.clone();
                std::thread::spawn(move || (0..5_000).for_each(|n| tx.send(n).unwrap()))
            })
            .collect();
        drop(tx);
        let mut count = 0;
        while rx.recv().await.is_some() {
            count += 1;
        }
        assert_eq!(count, 20_000);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn an_aborted_task_drops_what_it_holds() {
    run_test(async {
        let held = Rc::new(());
        let (mut conn, _peer) = conn_pair();
        let task = spawn({
            let held = held.clone();
            async move {
                let _held = held;
                poll_fn(|cx| conn.poll_closed(cx)).await;
            }
        });
        yield_now().await;
        assert!(!task.is_finished());
        assert_eq!(Rc::strong_count(&held), 2);
        let slots = reactor::slots_in_use();
        task.abort();
        assert_eq!(Rc::strong_count(&held), 1);
        assert_eq!(reactor::slots_in_use(), slots - 1);
    });
}

#[test]
fn a_task_may_abort_itself() {
    run_test(async {
        let own = Rc::new(RefCell::new(None::<Task>));
        let held = Rc::new(());
        let task = spawn({
            let (own, held) = (own.clone(), held.clone());
            async move {
                let _held = held;
                own.take().expect("stored before it runs").abort();
                std::future::pending::<()>().await;
            }
        });
        *own.borrow_mut() = Some(task);
        until(|| Rc::strong_count(&held) == 1).await;
    });
}

#[test]
fn a_panic_ends_one_task() {
    run_test(async {
        let task = spawn(async { panic!("as the test wants it") });
        until(|| task.is_finished()).await;
        sleep_until(within(1)).await;
    });
}

#[test]
fn what_is_left_is_dropped() {
    let held = Rc::new(());
    let waker = run({
        let held = held.clone();
        async move {
            let (mut conn, peer) = conn_pair();
            spawn(async move {
                let _held = (held, peer);
                poll_fn(|cx| conn.poll_closed(cx)).await;
            });
            yield_now().await;
            poll_fn(|cx| Poll::Ready(cx.waker().clone())).await
        }
    })
    .unwrap();
    assert_eq!(Rc::strong_count(&held), 1);
    assert_eq!(reactor::slots_in_use(), 0);
    // A waker that outlives its worker does nothing.
    waker.wake();
    assert!(QUEUE.with_borrow(VecDeque::is_empty));
    assert_eq!(run(async { 5 }).unwrap(), 5, "the thread can be a worker again");
}

#[test]
fn all_can_be_woken_at_once() {
    run_test(async {
        let is_over = Rc::new(Cell::new(false));
        let tasks: Vec<Task> = (0..300)
            .map(|_| {
                let is_over = is_over.clone();
                spawn(poll_fn(move |_| if is_over.get() { Poll::Ready(()) } else { Poll::Pending }))
            })
            .collect();
        yield_now().await;
        is_over.set(true);
        wake_all();
        until(|| tasks.iter().all(Task::is_finished)).await;
    });
}

#[test]
fn busy_tasks_do_not_starve_timers() {
    run_test(async {
        let busy = spawn(async {
            loop {
                yield_now().await;
            }
        });
        let begun = Instant::now();
        sleep_until(within(20)).await;
        assert!(begun.elapsed() >= Duration::from_millis(19));
        busy.abort();
    });
}
