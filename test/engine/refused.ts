import { type Obstacle, obstaclesOf } from '../../generators/_engine/model/obstacle.ts';

/** The obstacles with which a step refuses; [] when it does not. */
export function obstaclesFrom(step: () => unknown): readonly Obstacle[] {
  try {
    step();
    return [];
  } catch (error) {
    return obstaclesOf(error);
  }
}
