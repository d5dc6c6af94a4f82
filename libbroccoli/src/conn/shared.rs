//! A lock for processes that share a socket after `fork`, so that none writes into the midst of
//! another's message.

/// Locks writing among the processes that were forked after it was made.
#[derive(Debug)]
pub(super) struct Shared(imp::Shared);

impl Shared {
    /// Makes a lock; `None` where there are none of the kind.
    pub(super) fn new() -> Option<Shared> {
        imp::Shared::new().map(Shared)
    }

    /// Runs `f` while no other process does.
    pub(super) fn locked<T>(&self, f: impl FnOnce() -> T) -> T {
        self.0.lock();
        let result = f();
        self.0.unlock();
        result
    }
}

#[cfg(target_os = "linux")]
mod imp {
    use std::ptr::{self, NonNull};
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use libc::{pthread_mutex_t, pthread_mutexattr_t};

    /// As many as a page has room for. Connections that share one wait for each other when they
    /// write, and nothing else.
    const MUTEXES: usize = 4096 / size_of::<pthread_mutex_t>();

    /// A mutex in memory that is the same after `fork`, and that is free again when a process ends
    /// while it holds it.
    #[derive(Debug, Clone, Copy)]
    pub(super) struct Shared(NonNull<pthread_mutex_t>);

    // SAFETY: a mutex is for all threads.
    unsafe impl Send for Shared {}
    // SAFETY: a mutex is for all threads.
    unsafe impl Sync for Shared {}

    /// The mutexes of this process and of those that it was forked from.
    static ALL: OnceLock<Vec<Shared>> = OnceLock::new();

    impl Shared {
        pub(super) fn new() -> Option<Shared> {
            static NEXT: AtomicUsize = AtomicUsize::new(0);
            let all = ALL.get_or_init(Shared::all);
            let next = NEXT.fetch_add(1, Ordering::Relaxed);
            all.get(next % MUTEXES).copied()
        }

        /// Makes all mutexes; none if there is no memory of the kind. They are never destroyed, as
        /// other processes may still use them.
        fn all() -> Vec<Shared> {
            let (access, kind) =
                (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
            let size = MUTEXES * size_of::<pthread_mutex_t>();
            // SAFETY: new memory, of which nobody knows.
            let memory = unsafe { libc::mmap(ptr::null_mut(), size, access, kind, -1, 0) };
            if memory == libc::MAP_FAILED {
                return Vec::new();
            }
            let first = memory.cast::<pthread_mutex_t>();
            // SAFETY: there is room for so many.
            let all = (0..MUTEXES).map(|at| unsafe { Shared::initialised(first.add(at)) });
            all.collect::<Option<_>>().unwrap_or_default()
        }

        /// Initialises a mutex.
        ///
        /// # Safety
        /// Null, or memory for one that nobody uses.
        unsafe fn initialised(mutex: *mut pthread_mutex_t) -> Option<Shared> {
            let mutex = NonNull::new(mutex)?;
            // SAFETY: zero is a valid attribute object to initialise.
            let mut attributes: pthread_mutexattr_t = unsafe { std::mem::zeroed() };
            // SAFETY: attributes that are initialised first, and memory for a mutex.
            unsafe {
                libc::pthread_mutexattr_init(&raw mut attributes);
                let shared = libc::PTHREAD_PROCESS_SHARED;
                libc::pthread_mutexattr_setpshared(&raw mut attributes, shared);
                let robust = libc::PTHREAD_MUTEX_ROBUST;
                libc::pthread_mutexattr_setrobust(&raw mut attributes, robust);
                libc::pthread_mutex_init(mutex.as_ptr(), &raw const attributes);
                libc::pthread_mutexattr_destroy(&raw mut attributes);
            }
            Some(Shared(mutex))
        }

        pub(super) fn lock(&self) {
            // SAFETY: an initialised mutex.
            unsafe {
                // What its holder has written by half is a matter between the peer and us all.
                if libc::pthread_mutex_lock(self.0.as_ptr()) == libc::EOWNERDEAD {
                    libc::pthread_mutex_consistent(self.0.as_ptr());
                }
            }
        }

        pub(super) fn unlock(&self) {
            // SAFETY: an initialised mutex; if it isn't held nothing happens.
            unsafe { libc::pthread_mutex_unlock(self.0.as_ptr()) };
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    #[derive(Debug)]
    pub(super) struct Shared;

    impl Shared {
        pub(super) fn new() -> Option<Shared> {
            None
        }

        pub(super) fn lock(&self) {}

        pub(super) fn unlock(&self) {}
    }
}
