/* Online gradient descent of several networks of one width, all in one loop: what the C compiler makes of the plain text.

   Weights (cells, L, M, M) are changed in place; samples x (N, M), targets y (N, M) of one sample a step in their order.
   Hidden units are hard tanh with slope g, clipped at +-s; the output is linear; the loss is |f - y|^2 / (2 M). */

#include <stdlib.h>
#include <string.h>

typedef float number;

static void train_cell(number *weights, int layers, int width, const number *x, const number *y, int samples, int epochs,
                       number slope, number bound, number rate, number *h, number *gain, number *delta, number *back)
{
    for (int step = 0; step < samples * epochs; step++) {
        memcpy(h, x + (size_t)(step % samples) * width, width * sizeof(number));
        for (int l = 0; l < layers; l++) {
            const number *in = h + (size_t)l * width, *w = weights + (size_t)l * width * width;
            number *out = h + (size_t)(l + 1) * width, *g = gain + (size_t)l * width;
            for (int i = 0; i < width; i++) {
                number sum = 0;
                for (int j = 0; j < width; j++) sum += w[(size_t)i * width + j] * in[j];
                int inside = l == layers - 1 || (slope * sum < bound && slope * sum > -bound);
                number value = l == layers - 1 ? sum : slope * sum;
                out[i] = inside ? value : (value > 0 ? bound : -bound);
                g[i] = l == layers - 1 ? 1 : (inside ? slope : 0);
            }
        }
        for (int i = 0; i < width; i++)
            delta[i] = h[(size_t)layers * width + i] - y[(size_t)(step % samples) * width + i];
        for (int l = layers - 1; l >= 0; l--) {
            number *w = weights + (size_t)l * width * width, *in = h + (size_t)l * width;
            memset(back, 0, width * sizeof(number));
            for (int i = 0; i < width; i++) {
                number d = delta[i], change = rate / width * d;
                for (int j = 0; j < width; j++) {
                    back[j] += w[(size_t)i * width + j] * d;
                    w[(size_t)i * width + j] -= change * in[j];
                }
            }
            if (l)
                for (int j = 0; j < width; j++) delta[j] = back[j] * gain[(size_t)(l - 1) * width + j];
        }
    }
}

int train_cells(number *weights, int cells, int layers, int width, const number *x, const number *y, int samples,
                int epochs, number slope, number bound, const number *rates)
{
    number *room = malloc(sizeof(number) * width * (size_t)(2 * layers + 3));
    if (!room) return 1;
    number *gain = room + (size_t)(layers + 1) * width, *delta = gain + (size_t)layers * width, *back = delta + width;
    for (int cell = 0; cell < cells; cell++)
        train_cell(weights + (size_t)cell * layers * width * width, layers, width, x, y, samples, epochs, slope, bound,
                   rates[cell], room, gain, delta, back);
    free(room);
    return 0;
}
