/* A USB camera for a kernel without any: answers V4L2's ioctls on one file, in a program that is started with
 * LD_PRELOAD. The file is the device: its bytes are the driver's buffers, which the program maps as it would a
 * device's memory. Built with: cc -shared -fPIC -o v4l2.so v4l2.c
 *
 * FAKE_V4L2         the file, which is read and written
 * FAKE_V4L2_JPEGS   a file of JPEGs, each behind its length (32 bits, big-endian); without it the camera has YUYV
 * FAKE_V4L2_UNPLUG  after so many pictures the device is gone
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BUFFERS = 4, ROOM = 1 << 20 };

static unsigned width = 640, height = 480, fps = 20, taken, queue[BUFFERS], queued;
static unsigned char *jpegs, *memory;
static size_t jpegs_size, jpegs_at;

static int ours(int fd) {
    struct stat theirs, device;
    const char *path = getenv("FAKE_V4L2");
    return path && !fstat(fd, &theirs) && !stat(path, &device) && theirs.st_ino == device.st_ino;
}

static void prepare(int fd) {
    const char *path = getenv("FAKE_V4L2_JPEGS");
    if (memory) return;
    if (ftruncate(fd, (off_t)BUFFERS * ROOM)) abort();
    memory = mmap(NULL, (size_t)BUFFERS * ROOM, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) abort();
    if (path) {
        struct stat file;
        int from = open(path, O_RDONLY);
        if (from < 0 || fstat(from, &file)) abort();
        jpegs_size = (size_t)file.st_size;
        jpegs = mmap(NULL, jpegs_size, PROT_READ, MAP_PRIVATE, from, 0);
        close(from);
    }
}

static void describe(struct v4l2_format *format) {
    struct v4l2_pix_format *pix = &format->fmt.pix;
    pix->width = width;
    pix->height = height;
    pix->pixelformat = jpegs ? V4L2_PIX_FMT_MJPEG : V4L2_PIX_FMT_YUYV;
    pix->field = V4L2_FIELD_NONE;
    pix->bytesperline = jpegs ? 0 : 2 * width;
    pix->sizeimage = jpegs ? ROOM : 2 * width * height;
    pix->colorspace = V4L2_COLORSPACE_SRGB;
}

/* The camera has two sizes: it gives the one that comes nearest. */
static int negotiate(struct v4l2_format *format, int set) {
    unsigned wanted = format->fmt.pix.pixelformat;
    if (set && wanted != (jpegs ? V4L2_PIX_FMT_MJPEG : V4L2_PIX_FMT_YUYV)) {
        describe(format);
        return 0;
    }
    width = format->fmt.pix.width > 480 ? 640 : 320;
    height = width * 3 / 4;
    describe(format);
    return 0;
}

static unsigned fill(unsigned char *to) {
    unsigned size = 2 * width * height;
    if (!jpegs) {
        for (unsigned n = 0; n < size; n += 2) to[n] = (unsigned char)(n / 2 % width + 3 * taken), to[n + 1] = 128;
        return size;
    }
    if (jpegs_at + 4 > jpegs_size) jpegs_at = 0;
    const unsigned char *head = jpegs + jpegs_at;
    size = (unsigned)head[0] << 24 | (unsigned)head[1] << 16 | (unsigned)head[2] << 8 | head[3];
    memcpy(to, head + 4, size);
    jpegs_at += 4 + size;
    return size;
}

static int dequeue(struct v4l2_buffer *buffer) {
    const char *unplug = getenv("FAKE_V4L2_UNPLUG");
    struct timespec pause = {0, 1000000000L / fps};
    if (unplug && taken >= (unsigned)atoi(unplug)) return errno = ENODEV, -1;
    if (!queued) return errno = EAGAIN, -1;
    nanosleep(&pause, NULL);
    buffer->index = queue[0];
    memmove(queue, queue + 1, --queued * sizeof *queue);
    buffer->bytesused = fill(memory + (size_t)buffer->index * ROOM);
    buffer->flags = V4L2_BUF_FLAG_MAPPED | V4L2_BUF_FLAG_DONE;
    buffer->sequence = taken++;
    buffer->length = ROOM;
    buffer->m.offset = buffer->index * ROOM;
    return 0;
}

static int answer(int fd, unsigned long request, void *argument) {
    prepare(fd);
    switch (request) {
    case VIDIOC_QUERYCAP: {
        struct v4l2_capability *is = argument;
        memset(is, 0, sizeof *is);
        strcpy((char *)is->driver, "fake");
        strcpy((char *)is->card, "A camera for tests");
        is->capabilities = is->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
        is->capabilities |= V4L2_CAP_DEVICE_CAPS;
        return 0;
    }
    case VIDIOC_G_INPUT: return *(int *)argument = 0;
    case VIDIOC_S_INPUT: return 0;
    case VIDIOC_ENUMINPUT: return ((struct v4l2_input *)argument)->index ? (errno = EINVAL, -1) : 0;
    case VIDIOC_G_FMT: describe(argument); return 0;
    case VIDIOC_TRY_FMT: return negotiate(argument, 0);
    case VIDIOC_S_FMT: return negotiate(argument, 1);
    case VIDIOC_S_PARM: {
        struct v4l2_fract per = ((struct v4l2_streamparm *)argument)->parm.capture.timeperframe;
        if (per.numerator) fps = per.denominator / per.numerator > 20 ? 20 : per.denominator / per.numerator;
    } /* fall through */
    case VIDIOC_G_PARM: {
        struct v4l2_captureparm *is = &((struct v4l2_streamparm *)argument)->parm.capture;
        is->capability = V4L2_CAP_TIMEPERFRAME;
        is->timeperframe.numerator = 1;
        is->timeperframe.denominator = fps;
        return 0;
    }
    case VIDIOC_REQBUFS: {
        struct v4l2_requestbuffers *wanted = argument;
        if (wanted->count > BUFFERS) wanted->count = BUFFERS;
        queued = 0;
        return 0;
    }
    case VIDIOC_QUERYBUF: {
        struct v4l2_buffer *buffer = argument;
        buffer->length = ROOM;
        buffer->m.offset = buffer->index * ROOM;
        return 0;
    }
    case VIDIOC_QBUF: queue[queued++] = ((struct v4l2_buffer *)argument)->index; return 0;
    case VIDIOC_DQBUF: return dequeue(argument);
    case VIDIOC_STREAMON: return 0;
    case VIDIOC_STREAMOFF: queued = 0; return 0;
    default: return errno = EINVAL, -1;
    }
}

int ioctl(int fd, unsigned long request, ...) {
    static int (*real)(int, unsigned long, ...);
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    if ((request >> 8 & 0xFF) == 'V' && ours(fd)) return answer(fd, request & 0xFFFFFFFF, argument);
    if (!real) real = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
    return real(fd, request, argument);
}
