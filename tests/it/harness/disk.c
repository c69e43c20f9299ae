/* A disk that fails on demand, for tests: stands before the system's library (LD_PRELOAD). The first letter of the file $TEST_DISK says how:
   's': nothing can be put on the disk for good (fsync: EIO); 'f': the disk is full (ENOSPC); anything else, or no file: all is well. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int told(char what)
{
    const char *name = getenv("TEST_DISK");
    char said = 0;
    int fd, saved = errno;
    if (name == NULL || (fd = open(name, O_RDONLY | O_CLOEXEC)) < 0) {
        errno = saved;
        return 0;
    }
    if (read(fd, &said, 1) != 1)
        said = 0;
    close(fd);
    errno = saved;
    return said == what;
}

static int is_file(int fd)
{
    struct stat about;
    return fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAILING(name, type, parameters, arguments, what, error) \
    type name parameters \
    { \
        if (is_file(fd) && told(what)) { \
            errno = error; \
            return -1; \
        } \
        return REAL(name) arguments; \
    }

FAILING(fsync, int, (int fd), (fd), 's', EIO)
FAILING(fdatasync, int, (int fd), (fd), 's', EIO)
FAILING(write, ssize_t, (int fd, const void *bytes, size_t count), (fd, bytes, count), 'f', ENOSPC)
FAILING(pwrite, ssize_t, (int fd, const void *bytes, size_t count, off_t at), (fd, bytes, count, at), 'f', ENOSPC)
FAILING(pwrite64, ssize_t, (int fd, const void *bytes, size_t count, off64_t at), (fd, bytes, count, at), 'f', ENOSPC)
