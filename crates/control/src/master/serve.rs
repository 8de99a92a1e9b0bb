//! Serving the master's sockets.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::Orders;
use super::interpreter::Interpreter;
use crate::access::Access;
use crate::listen::StatsListener;
use crate::process::Process;
use crate::serve::Door;

/// How long an acceptor pauses that found no descriptor left.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);
/// Users at a time.
const USERS_MAX: usize = 10;

/// Serves the sockets on the calling thread's runtime. `process` is the master itself, for the commands that it shares with
/// its workers.
///
/// # Errors
/// When a socket cannot be watched.
pub fn serve(listeners: Vec<StatsListener>, process: &Arc<Process>, orders: &Orders) -> io::Result<()> {
    let room = Arc::new(Semaphore::new(USERS_MAX));
    for listener in listeners {
        let access = Access::new(listener.level);
        let door = Door::new(listener.fd)?;
        tokio::spawn(accept_all(door, access, room.clone(), process.clone(), orders.clone()));
    }
    Ok(())
}

async fn accept_all(door: Door, access: Access, room: Arc<Semaphore>, process: Arc<Process>, orders: Orders) {
    while let Ok(permit) = room.clone().acquire_owned().await {
        match door.accept().await {
            Ok(stream) => {
                let interpreter = Interpreter::new(process.clone(), orders.clone(), access);
                tokio::spawn(async move {
                    // A user who went away wants no answer.
                    let _ = interpreter.converse(&stream).await;
                    stream.drain();
                    drop(permit);
                });
            }
            Err(_) => sleep(EXHAUSTED_PAUSE).await,
        }
    }
}
